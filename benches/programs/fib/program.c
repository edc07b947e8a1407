// Calls: Fibonacci numbers by their definition.
typedef long long i64;

static __attribute__((noinline)) i64 fib(i64 n) {
    if (n < 2) return n;
    return fib(n - 1) + fib(n - 2);
}

__attribute__((export_name("run"))) i64 run(i64 size) { return fib(size); }
