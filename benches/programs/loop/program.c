// Integer arithmetic and branches: a sequence of remainders, summed up.
typedef long long i64;

__attribute__((export_name("run"))) i64 run(i64 size) {
    i64 sum = 0, x = 1;
    for (i64 i = 0; i < size; i++) {
        x = (x * 5 + i) % 65521;
        if (x < 32768) {
            sum += x;
        } else {
            sum -= 1;
        }
    }
    return sum;
}
