#include "mlvicx_distributed.h"

#ifdef MLVICX_HAS_GLOO

#include "methods/device/world_watch.h"

#include "core/interrupt.h"
#include "core/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace mlvicx::c10d_world {

using Clock = std::chrono::steady_clock;

void end_all(const std::string& why) {
    complain(why);
    std::fflush(nullptr);
    std::_Exit(2);
}

Watch::Watch(c10::intrusive_ptr<c10d::Store> store, const WorldOptions& options, std::vector<std::string> names)
    : store_(std::move(store)), options_(options), names_(std::move(names)), seen_(names_.size(), {0, Clock::now()}),
      thread_([this] { run(); }) {}

Watch::~Watch() {
    stop_ = true;
    thread_.join();
}

std::string Watch::name_of(int rank) const {
    return fmt::format("rank {} ({})", rank, names_[static_cast<std::size_t>(rank)]);
}

std::string Watch::lost_here(int rank) const {
    return fmt::format("{} is lost: no sign of life for {:.0f} s. All ranks end; started again, the training goes on "
                       "from its last checkpoint",
                       name_of(rank), std::chrono::duration<double>(options_.silence).count());
}

void Watch::run() {
    const auto step = std::min<std::chrono::milliseconds>(options_.beat, std::chrono::milliseconds(50));
    auto next = Clock::now();
    while (!stop_) {
        if (Clock::now() < next) {
            std::this_thread::sleep_for(step);
            continue;
        }
        next = Clock::now() + options_.beat;
        try {
            if (!look()) return;
        } catch (const std::exception&) { // the store is in rank 0's process
            if (stop_) return;
            end_all(fmt::format("{} is lost: its process has ended. All ranks end; started again, the training goes on "
                                "from its last checkpoint",
                                name_of(0)));
        }
    }
}

/// One sign of life, and a look at the others'; false if there is nothing more to watch.
bool Watch::look() {
    store_->add(fmt::format("beat/{}", options_.rank), 1);
    if (options_.rank != 0) {
        if (store_->check({"left/0"})) return false;
        if (store_->check({"lost"})) end_all(text_at(*store_, "lost"));
    }
    const int first = options_.rank == 0 ? 1 : 0, last = options_.rank == 0 ? options_.size : 1;
    for (int rank = first; rank < last; ++rank) {
        auto& [count, when] = seen_[static_cast<std::size_t>(rank)];
        const auto now = store_->add(fmt::format("beat/{}", rank), 0);
        if (now != count) {
            count = now;
            when = Clock::now();
        } else if (Clock::now() - when > options_.silence && !store_->check({fmt::format("left/{}", rank)})) {
            const auto text = lost_here(rank);
            if (options_.rank == 0) {
                store_->set("lost", bytes_of(text));
                std::this_thread::sleep_for(2 * options_.beat); // the others read it
            }
            end_all(text);
        }
    }
    return true;
}

void Watch::connection_broke(const std::string& how) {
    if (interrupted()) { // rank 0 has left before the ranks could agree
        std::fflush(nullptr);
        std::_Exit(128 + SIGINT);
    }
    // The other ranks end too, one after the other: the watch names the one that was first.
    std::this_thread::sleep_for(options_.silence + 5 * options_.beat);
    for (int rank = 0; rank < options_.size; ++rank) {
        bool left = false;
        try {
            left = store_->check({fmt::format("left/{}", rank)});
        } catch (const std::exception&) { // the store has gone with rank 0
            left = rank == 0;
        }
        if (left) end_all(fmt::format("{} has left the training. All ranks end", name_of(rank)));
    }
    end_all(fmt::format("the connection between the ranks broke: {}", how));
}

} // namespace mlvicx::c10d_world

#endif
