// A large list that is written and read by index: how many primes there are below the size.
typedef long long i64;

static unsigned char composite[1 << 22];

__attribute__((export_name("run"))) i64 run(i64 size) {
    for (i64 i = 0; i < size; i++) composite[i] = 0;
    i64 primes = 0;
    for (i64 i = 2; i < size; i++) {
        if (!composite[i]) {
            primes += 1;
            for (i64 multiple = i * i; multiple < size; multiple += i) composite[multiple] = 1;
        }
    }
    return primes;
}
