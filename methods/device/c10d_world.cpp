#include "mlvicx_distributed.h"

#ifdef MLVICX_HAS_GLOO

#define USE_C10D_GLOO
#include "methods/device/c10d_group.h"
#include "methods/device/world_watch.h"

#include "core/error.h"
#include "core/interrupt.h"

#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace mlvicx {

namespace {

using namespace c10d_world;
using c10d::ProcessGroupGloo;
using Clock = std::chrono::steady_clock;
using StorePointer = c10::intrusive_ptr<c10d::Store>;

/// This machine's address as `host` sees it; empty if unknown.
std::string address_towards(const std::string& host, int port) {
    addrinfo hints{}, *found = nullptr;
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_DGRAM;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return "";
    std::string text;
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    socklen_t length = sizeof own;
    if (socket >= 0 && ::connect(socket, found->ai_addr, found->ai_addrlen) == 0 && // sends nothing
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length) == 0) {
        char name[INET_ADDRSTRLEN] = {};
        if (::inet_ntop(AF_INET, &own.sin_addr, name, sizeof name) != nullptr) text = name;
    }
    if (socket >= 0) ::close(socket);
    ::freeaddrinfo(found);
    return text;
}

/// GLOO_SOCKET_IFNAME names the network interface, as in PyTorch; else the one towards rank 0. (Gloo's own choice is
/// the address of the machine's name, which is often 127.0.1.1.)
auto gloo_device(const WorldOptions& options) {
    const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
    if (interface != nullptr && *interface != '\0') return ProcessGroupGloo::createDeviceForInterface(interface);
    const auto address = address_towards(options.host, options.port);
    return address.empty() ? ProcessGroupGloo::createDefaultDevice()
                           : ProcessGroupGloo::createDeviceForHostname(address);
}

std::unique_ptr<Group> gloo_group(const StorePointer& store, const char* name, const WorldOptions& options) {
    const auto settings = ProcessGroupGloo::Options::create(longest_wait);
    settings->devices.push_back(gloo_device(options));
    settings->threads = 2;
    return std::make_unique<GroupOf<ProcessGroupGloo>>(c10::make_intrusive<ProcessGroupGloo>(
        c10::make_intrusive<c10d::PrefixStore>(name, store), options.rank, options.size, settings));
}

/// Not with libuv, which newer releases take unless told otherwise, and without which Debian builds them.
template <typename Options> void without_libuv(Options& settings) {
    if constexpr (requires { settings.useLibUV; }) settings.useLibUV = false;
}

StorePointer connect(const WorldOptions& options, bool serves) {
    c10d::TCPStoreOptions settings;
    settings.port = static_cast<std::uint16_t>(options.port);
    settings.isServer = serves;
    settings.waitWorkers = false;
    settings.timeout = options.meeting;
    without_libuv(settings);
    try {
        return c10::make_intrusive<c10d::TCPStore>(options.host, settings);
    } catch (const std::exception& error) {
        const std::string text = error.what();
        user_error("rank {} of {} {} {}:{}: {}", options.rank, options.size,
                   serves ? "cannot listen on" : "does not reach rank 0 on", options.host, options.port,
                   text.substr(0, text.find('\n')));
    }
}

/// The ranks' names; waits for all.
std::vector<std::string> meet(c10d::Store& store, const WorldOptions& options) {
    const auto key = [](int rank) { return fmt::format("name/{}", rank); };
    store.set(key(options.rank), bytes_of(options.machine));
    const auto end = Clock::now() + options.meeting;
    std::vector<std::string> names;
    for (int rank = 0; rank < options.size; ++rank) {
        while (!store.check({key(rank)})) {
            if (interrupted()) throw Interrupted();
            if (Clock::now() > end)
                user_error("rank {} of {} has not come to {}:{} within {} s", rank, options.size, options.host,
                           options.port, std::chrono::duration_cast<std::chrono::seconds>(options.meeting).count());
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        names.push_back(text_at(store, key(rank)));
    }
    return names;
}

class C10dWorld : public World {
public:
    explicit C10dWorld(const WorldOptions& options)
        : options_(options), store_(connect(options, options.rank == 0)), names_(meet(*store_, options)),
          statistics_(gloo_group(store_, "statistics", options)), gradients_(gloo_group(store_, "gradients", options)),
          watch_(std::make_unique<Watch>(connect(options, false), options, names_)) {}

    ~C10dWorld() override {
        if (!first()) watch_.reset(); // rank 0's store ends soon after this rank has left
        try {
            leave();
        } catch (const std::exception&) { // rank 0 has gone already
        }
    }

    int rank() const override { return options_.rank; }
    int size() const override { return options_.size; }
    int local_rank() const override { return options_.local_rank; }

    void sum(const torch::Tensor& tensor) override {
        complete([&] { return group_for(tensor, *statistics_).sum(checked(tensor)); });
    }

    std::unique_ptr<Pending> begin_sum(const torch::Tensor& tensor) override {
        class Begun : public Pending {
        public:
            Begun(C10dWorld& world, WorkHandle work) : world_(world), work_(std::move(work)) {}
            void wait() override {
                world_.complete([&] { return work_; });
            }

        private:
            C10dWorld& world_;
            WorkHandle work_;
        };
        return std::make_unique<Begun>(*this,
                                       watched([&] { return group_for(tensor, *gradients_).sum(checked(tensor)); }));
    }

    torch::Tensor gather(const torch::Tensor& tensor) override {
        auto own = tensor.detach().contiguous();
        auto shape = own.sizes().vec();
        shape.at(0) *= size();
        auto all = at::empty(shape, own.options());
        complete([&] { return group_for(own, *statistics_).gather(all, own); });
        return all;
    }

    void broadcast(const torch::Tensor& tensor) override {
        auto sent = tensor.detach().contiguous(); // of a scalar or in another layout than the other ranks'
        complete([&] { return group_for(sent, *statistics_).broadcast(sent); });
        if (!sent.is_same(tensor)) tensor.detach().copy_(sent);
    }

    bool any(bool here) override {
        const auto count = torch::full({1}, here ? 1.0 : 0.0, torch::kFloat64);
        sum(count);
        return count.item<double>() > 0;
    }

    void announce(const std::string& text) override {
        watched([&] { store_->set(fmt::format("say/{}", said_++), bytes_of(text)); });
    }

    std::string heard() override {
        const auto key = fmt::format("say/{}", said_);
        for (;;) {
            if (interrupted()) throw Interrupted();
            if (watched([&] { return store_->check({key}); })) break;
            if (watched([&] { return store_->check({"left/0"}); })) return "";
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        ++said_;
        return watched([&] { return text_at(*store_, key); });
    }

    void done(const std::string& fault) override {
        const auto key = [this](int rank) { return fmt::format("done/{}/{}", works_, rank); };
        watched([&] { store_->set(key(rank()), bytes_of("done")); });
        const auto end = Clock::now() + 2 * options_.silence;
        for (int other = 0; (first() || !fault.empty()) && other < size(); ++other)
            while (!watched([&] { return store_->check({key(other)}); })) {
                if (Clock::now() > end)
                    end_all(fmt::format("the training ended on {}, but not on {}{}{}. All ranks end",
                                        watch_->name_of(rank()), watch_->name_of(other), fault.empty() ? "" : ": ",
                                        fault));
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
        ++works_;
    }

private:
    /// Nobody waits for a rank that has left; the store stays until all have.
    void leave() {
        store_->set(fmt::format("left/{}", rank()), bytes_of("left"));
        const auto end = Clock::now() + std::chrono::seconds(5);
        for (int other = 1; first() && other < size(); ++other)
            while (Clock::now() < end && !store_->check({fmt::format("left/{}", other)}))
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }

    template <typename Work> auto watched(const Work& work) -> decltype(work()) {
        try {
            return work();
        } catch (const std::exception& error) {
            const std::string text = error.what();
            watch_->connection_broke(text.substr(0, text.find('\n')));
        }
    }

    template <typename Start> void complete(const Start& start) {
        watched([&] { start()->wait(); });
    }

    static const torch::Tensor& checked(const torch::Tensor& tensor) {
        ensure(tensor.is_contiguous(), "a tensor that the ranks sum must be contiguous");
        return tensor;
    }

    Group& group_for(const torch::Tensor& tensor, Group& on_cpu) {
        if (tensor.is_cpu()) return on_cpu;
#ifdef MLVICX_HAS_NCCL
        if (!nccl_)
            nccl_ = nccl_group(c10::make_intrusive<c10d::PrefixStore>("nccl", store_), options_.rank, options_.size);
        return *nccl_;
#else
        user_error("GPUs cannot train together: this build has no NCCL ({}); expected --device cpu, or a build with it",
                   MLVICX_WITHOUT_NCCL);
#endif
    }

    const WorldOptions options_;
    StorePointer store_;
    const std::vector<std::string> names_;
    // Two, so that a batch norm's few sums do not wait in line behind all gradients.
    std::unique_ptr<Group> statistics_, gradients_, nccl_;
    std::unique_ptr<Watch> watch_;
    std::int64_t said_ = 0, works_ = 0;
};

} // namespace

std::unique_ptr<World> join_world(const WorldOptions& options) {
    return std::make_unique<C10dWorld>(options);
}

} // namespace mlvicx

#endif
