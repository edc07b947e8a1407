//! The programs in Rust. Each gives what the others give.

use std::collections::HashMap;

/// Runs a program on a size; `data` is for `parse`.
pub fn run(work: &str, size: i64, data: &[u8]) -> Option<i64> {
    Some(match work {
        "loop" => remainders(size),
        "fib" => fib(size),
        "sieve" => sieve(size),
        "parse" => (0..size).map(|_| parse(std::hint::black_box(data))).sum(),
        "map" => map(size),
        "records" => records(size),
        "sort" => sort(size),
        "strings" => strings(size),
        _ => return None,
    })
}

fn remainders(size: i64) -> i64 {
    let (mut sum, mut x) = (0, 1);
    for i in 0..size {
        x = (x * 5 + i) % 65_521;
        if x < 32_768 {
            sum += x;
        } else {
            sum -= 1;
        }
    }
    sum
}

fn fib(n: i64) -> i64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

fn sieve(size: i64) -> i64 {
    let mut composite = vec![false; size as usize];
    let mut primes = 0;
    for i in 2..composite.len() {
        if !composite[i] {
            primes += 1;
            for multiple in (i * i..composite.len()).step_by(i) {
                composite[multiple] = true;
            }
        }
    }
    primes
}

fn parse(data: &[u8]) -> i64 {
    let (mut total, mut at) = (0, 0);
    while at < data.len() {
        if data[at] == b'#' {
            while data[at] != b'\n' {
                at += 1;
            }
        } else {
            let mut name = 0;
            while data[at] != b'=' {
                name = (name * 31 + i64::from(data[at])) % 65_521;
                at += 1;
            }
            at += 1;
            let negative = data[at] == b'-';
            if negative {
                at += 1;
            }
            let mut number = 0;
            while data[at] != b'\n' {
                number = number * 10 + i64::from(data[at] - b'0');
                at += 1;
            }
            total = (total + name * if negative { -number } else { number }) % 1_000_003;
        }
        at += 1;
    }
    total
}

fn map(size: i64) -> i64 {
    let key = |i: i64| i * 7_919 % 2_147_483_647;
    let mut map = HashMap::new();
    for i in 0..size {
        map.insert(key(i), i);
    }
    let sum: i64 = (0..size).map(|i| map[&key(i)]).sum();
    for i in (0..size).filter(|i| i % 4 != 0) {
        map.remove(&key(i));
    }
    sum + map.len() as i64
}

struct Particle {
    place: i64,
    speed: i64,
    hits: i64,
}

fn records(size: i64) -> i64 {
    let mut particles: Vec<Particle> = (0..1_000)
        .map(|i| Particle {
            place: i * 37 % 1_000,
            speed: i % 13 - 6,
            hits: 0,
        })
        .collect();
    for _ in 0..size {
        for p in &mut particles {
            p.place += p.speed;
            if p.place < 0 || p.place >= 1_000 {
                p.speed = -p.speed;
                p.place += 2 * p.speed;
                p.hits += 1;
            }
        }
    }
    particles.iter().map(|p| p.place + 1_000 * p.hits).sum()
}

fn sort(size: i64) -> i64 {
    let mut x = 1;
    let mut xs: Vec<i64> = Vec::new();
    for _ in 0..size {
        x = x * 16_807 % 2_147_483_647;
        xs.push(x);
    }
    let (mut start, mut end) = (xs.len() / 2, xs.len());
    while end > 1 {
        if start > 0 {
            start -= 1;
        } else {
            end -= 1;
            xs.swap(0, end);
        }
        let value = xs[start];
        let mut root = start;
        let mut child = 2 * root + 1;
        while child < end {
            if child + 1 < end && xs[child] < xs[child + 1] {
                child += 1;
            }
            if value >= xs[child] {
                break;
            }
            xs[root] = xs[child];
            root = child;
            child = 2 * root + 1;
        }
        xs[root] = value;
    }
    let indexed = xs.iter().zip(0..);
    indexed.fold(0, |result, (value, i)| {
        (result * 31 + value + i) % 1_000_003
    })
}

fn strings(size: i64) -> i64 {
    let mut counts: HashMap<String, i64> = HashMap::new();
    let mut result = 0;
    for i in 0..size {
        let words = (0..16).map(|j| format!("word{}", (i * 16 + j) * 31 % 1009));
        let line = words.collect::<Vec<_>>().join(" ");
        for word in line.split(' ') {
            *counts.entry(word.to_ascii_uppercase()).or_default() += 1;
        }
        result += line.len() as i64;
    }
    let weights = counts.iter();
    let weights = weights.map(|(name, count)| name.len() as i64 * count * count);
    result + weights.sum::<i64>()
}
