// Bytes one by one: lines of `name=number` with comments, and what all of them come to.
typedef long long i64;

static unsigned char input[1 << 20];

__attribute__((export_name("input"))) unsigned char *input_place(void) { return input; }

static __attribute__((noinline)) i64 parse(const unsigned char *data, i64 end) {
    i64 total = 0, at = 0;
    while (at < end) {
        if (data[at] == '#') {
            while (data[at] != '\n') at++;
        } else {
            i64 name = 0;
            while (data[at] != '=') {
                name = (name * 31 + data[at]) % 65521;
                at++;
            }
            at++;
            int negative = data[at] == '-';
            if (negative) at++;
            i64 number = 0;
            while (data[at] != '\n') {
                number = number * 10 + (data[at] - '0');
                at++;
            }
            total = (total + name * (negative ? -number : number)) % 1000003;
        }
        at++;
    }
    return total;
}

__attribute__((export_name("run"))) i64 run(i64 size, i64 length) {
    i64 sum = 0;
    for (i64 i = 0; i < size; i++) {
        // Each round reads the input anew.
        __asm__ volatile("" ::: "memory");
        sum += parse(input, length);
    }
    return sum;
}
