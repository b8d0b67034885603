#pragma once

// Included by the files that use c10d, and by nothing else.

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/Types.hpp>
#include <torch/csrc/distributed/c10d/Work.hpp>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace mlvicx::c10d_world {

/// Waits of the collective operations end then, if the ranks' signs of life have not ended the process before.
inline constexpr std::chrono::minutes longest_wait{30};

using WorkHandle = c10::intrusive_ptr<c10d::Work>;

/// The operations needed of c10d's process groups, whose base class differs between releases.
class Group {
public:
    virtual ~Group() = default;
    virtual WorkHandle sum(const at::Tensor& tensor) = 0;
    virtual WorkHandle gather(at::Tensor& all, at::Tensor& own) = 0;
    virtual WorkHandle broadcast(const at::Tensor& tensor) = 0;
};

template <typename Of> class GroupOf : public Group {
public:
    explicit GroupOf(c10::intrusive_ptr<Of> group) : group_(std::move(group)) {}
    WorkHandle sum(const at::Tensor& tensor) override {
        std::vector<at::Tensor> tensors{tensor};
        return group_->allreduce(tensors);
    }
    WorkHandle gather(at::Tensor& all, at::Tensor& own) override {
        std::vector<std::vector<at::Tensor>> parts{all.chunk(group_->getSize())};
        std::vector<at::Tensor> owns{own};
        return group_->allgather(parts, owns);
    }
    WorkHandle broadcast(const at::Tensor& tensor) override {
        std::vector<at::Tensor> tensors{tensor};
        return group_->broadcast(tensors);
    }

private:
    c10::intrusive_ptr<Of> group_;
};

/// nccl_group.cpp; only where this build has NCCL.
std::unique_ptr<Group> nccl_group(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size);

} // namespace mlvicx::c10d_world
