#include "experiments/bench/operations.h"

#include "core/error.h"

#include <torch/torch.h>

#include <memory>
#include <string_view>
#include <vector>

namespace mlvicx {

namespace {

/// LibTorch's callbacks are plain functions.
thread_local Operations* counted_here = nullptr;
/// An operator that counts is running: what it calls is its own business.
thread_local bool inside_counted = false;

/// The tensors among an operator's operands or results; those that it leaves out are no tensors.
template <typename Values> std::vector<at::Tensor> tensors_among(const Values& values) {
    std::vector<at::Tensor> tensors;
    for (const auto& value : values)
        if (value.isTensor() && value.toTensor().defined()) tensors.push_back(value.toTensor());
    return tensors;
}

double size_of(const at::Tensor& tensor) {
    return static_cast<double>(tensor.numel());
}

/// Multiplications and additions of a convolution with this weight [O, I, k, k], whose result has so many values.
double convolution_flops(double results, const at::Tensor& weight) {
    return 2 * results * size_of(weight) / static_cast<double>(weight.size(0));
}

/// ... of a matrix product, the last two operands: [..., m, k] and [..., k, n].
double product_flops(const std::vector<at::Tensor>& operands) {
    const auto& right = operands.back();
    return 2 * size_of(operands[operands.size() - 2]) * static_cast<double>(right.size(-1));
}

/// The operators that count. A product's first operand may be a sum that it is added to.
enum class Kind { none, convolution, convolution_gradient, product };

Kind kind_of_operator(std::string_view name) {
    // Ours are those of methods/kernels/winograd_convolution.h.
    if (name == "aten::convolution" || name == "mlvicx::convolution") return Kind::convolution;
    if (name == "aten::convolution_backward" || name == "mlvicx::convolution_backward")
        return Kind::convolution_gradient;
    if (name == "aten::mm" || name == "aten::addmm" || name == "aten::bmm" || name == "aten::baddbmm")
        return Kind::product;
    return Kind::none;
}

void count(Kind kind, const std::vector<at::Tensor>& operands, const std::vector<at::Tensor>& results) {
    auto& sum = *counted_here;
    for (const auto* tensors : {&operands, &results})
        for (const auto& tensor : *tensors) sum.values += size_of(tensor);
    if (kind == Kind::convolution) {
        sum.flops += convolution_flops(size_of(results[0]), operands[1]);
        sum.map_values += size_of(results[0]);
    } else if (kind == Kind::convolution_gradient) {
        // As much again for the gradient of the map and of the weight, whichever is wanted; a bias is a sum only.
        for (const auto& result : results)
            if (result.dim() == 4) sum.flops += convolution_flops(size_of(operands[0]), operands[2]);
    } else {
        sum.flops += product_flops(operands);
    }
}

struct Counting : at::ObserverContext {
    Kind kind = Kind::none;
    std::vector<at::Tensor> operands; ///< as they are before the call
};

std::unique_ptr<at::ObserverContext> begin_operator(const at::RecordFunction& called) {
    auto context = std::make_unique<Counting>();
    const auto kind = kind_of_operator(called.name());
    if (kind == Kind::none || inside_counted) return context;
    inside_counted = true;
    context->kind = kind;
    context->operands = tensors_among(called.inputs());
    return context;
}

void end_operator(const at::RecordFunction& called, at::ObserverContext* begun) {
    auto& context = static_cast<Counting&>(*begun);
    if (context.kind == Kind::none) return;
    inside_counted = false;
    count(context.kind, context.operands, tensors_among(called.outputs()));
}

} // namespace

OperationCounter::OperationCounter() {
    ensure(counted_here == nullptr, "operations are counted already");
    counted_here = &counted_;
    handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(begin_operator, end_operator)
                                             .needsInputs(true)
                                             .needsOutputs(true)
                                             .scopes({at::RecordScope::FUNCTION}));
}

OperationCounter::~OperationCounter() {
    at::removeCallback(handle_);
    counted_here = nullptr;
}

} // namespace mlvicx
