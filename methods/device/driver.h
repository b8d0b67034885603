#pragma once

namespace mlvicx {

/// A function of the NVIDIA driver's C interface, by name; null without a driver. Linking with it would keep the
/// program from starting where there is none.
void* driver_symbol(const char* name);

/// The same as a function: `driver<int(unsigned)>("cuInit")`. All return 0 for success.
template <typename Signature> Signature* driver(const char* name) {
    return reinterpret_cast<Signature*>(driver_symbol(name));
}

/// A device's primary context, in which LibTorch works; it exists at least as long as this object. `index` counts the
/// visible devices.
class PrimaryContext {
public:
    explicit PrimaryContext(int index);
    ~PrimaryContext();
    PrimaryContext(const PrimaryContext&) = delete;
    PrimaryContext& operator=(const PrimaryContext&) = delete;
    void* get() const { return context_; } ///< null without a driver or such a device

private:
    int device_ = 0;
    void* context_ = nullptr;
};

/// Makes a context the calling thread's for a scope.
class InContext {
public:
    explicit InContext(const PrimaryContext& context);
    ~InContext();
    InContext(const InContext&) = delete;
    InContext& operator=(const InContext&) = delete;
    explicit operator bool() const { return entered_; }

private:
    bool entered_ = false;
};

} // namespace mlvicx
