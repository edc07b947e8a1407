//! Maps against a naive model, on both lanes, through every form of the bucket array.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::delta::{Delta, Stamp};
use crate::lane::Work;
use crate::limits::Limits;
use crate::memory::{First, LaneWords, Second};
use crate::state::{ROOT, StateCopy};
use crate::types::Field;
use crate::value::Value;
use indexmap::IndexMap;
use proptest::prelude::*;

/// One lane with its state copy; the state is one map.
struct Side {
    work: Work,
    copy: StateCopy,
}

struct Bench {
    types: TypeTable,
    map: TypeId,
    sides: [Side; 2],
    limits: Limits,
    commits: u64,
}

/// Runs `$body` as lane A, then as lane B with its compared reads; both must agree.
macro_rules! on_both {
    ($bench:expr, $memory:ident, $types:ident => $body:expr) => {{
        let bench: &mut Bench = $bench;
        let $types = &bench.types;
        let [a, b] = &mut bench.sides;
        let limits = &bench.limits;
        let mut first: Memory<First> = Memory::new(&mut a.work, limits, &a.copy, &b.copy);
        let mut second: Memory<Second> = Memory::new(&mut b.work, limits, &b.copy, &a.copy);
        let from_first = {
            let $memory = &mut first;
            $body
        };
        let from_second = {
            let $memory = &mut second;
            $body
        };
        assert_eq!(from_first, from_second);
        from_first
    }};
}

const PLACE: u64 = ROOT as u64;

impl Bench {
    /// A state of one `map<text, Row>` with `record Row { n: int, inner: map<int, bytes> }`.
    fn new() -> Bench {
        let mut types = TypeTable::default();
        let int = types.intern(Type::Int).unwrap();
        let text = types.intern(Type::Text).unwrap();
        let bytes = types.intern(Type::Bytes).unwrap();
        let inner = types
            .intern(Type::Map {
                key: int,
                value: bytes,
            })
            .unwrap();
        let field = |name: &str, ty| Field {
            name: name.into(),
            ty,
        };
        let fields = vec![field("n", int), field("inner", inner)];
        let row = types
            .intern(Type::Record {
                name: "Row".into(),
                fields,
            })
            .unwrap();
        let map = types
            .intern(Type::Map {
                key: text,
                value: row,
            })
            .unwrap();
        let side = |poison| {
            let mut delta = Delta::new(poison);
            delta.open(Stamp::default(), 0);
            let copy = StateCopy::new(1, [11, 12], 0);
            Side {
                work: Work::new(LaneWords::new(vec![0], poison), delta, u64::MAX),
                copy,
            }
        };
        let limits = Limits::default();
        Bench {
            types,
            map,
            sides: [side(0), side(!0)],
            limits,
            commits: 0,
        }
    }

    fn commit(&mut self) {
        assert!(
            self.sides[0]
                .work
                .delta
                .agrees_with(&self.sides[1].work.delta)
        );
        self.commits += 1;
        for side in &mut self.sides {
            let length = (side.work.delta.end() as usize).max(side.copy.words().len());
            assert!(side.copy.reserve(length));
            let stamp = Stamp {
                ordinal: self.commits - 1,
                crc: 0,
            };
            side.work.delta.apply(stamp, &mut side.copy).unwrap();
            side.work.words.reset();
            let next = Stamp {
                ordinal: self.commits,
                crc: 0,
            };
            side.work.delta.open(next, side.copy.epoch());
        }
        assert_eq!(self.sides[0].copy, self.sides[1].copy);
    }

    fn put(&mut self, key: &str, n: i64) {
        let map = self.map;
        on_both!(self, memory, types => {
            let ty = MapType::of(types, map).unwrap();
            let reference = memory.bytes_new(key.as_bytes()).unwrap();
            let (entry, _) = memory.map_entry(ty, PLACE, reference).unwrap();
            memory.write(ty.value_of(entry), n.cast_unsigned()).unwrap();
        });
    }

    fn put_inner(&mut self, key: &str, inner: i64, content: &[u8]) -> bool {
        let map = self.map;
        on_both!(self, memory, types => {
            let ty = MapType::of(types, map).unwrap();
            let reference = memory.bytes_new(key.as_bytes()).unwrap();
            let root = memory.read(PLACE).unwrap();
            let entry = memory.map_find(ty, root, reference).unwrap();
            if entry != 0 {
                let inner_ty = MapType::of(types, types.fields(ty.value.unwrap())[1].ty).unwrap();
                let place = ty.value_of(entry) + 1;
                let (inner_entry, _) =
                    memory.map_entry(inner_ty, place, inner.cast_unsigned()).unwrap();
                let value = memory.bytes_new(content).unwrap();
                let at = inner_ty.value_of(inner_entry);
                memory.assign(types, inner_ty.value.unwrap(), at, value).unwrap();
            }
            entry != 0
        })
    }

    fn remove(&mut self, key: &str) -> bool {
        let map = self.map;
        on_both!(self, memory, types => {
            let ty = MapType::of(types, map).unwrap();
            let reference = memory.bytes_new(key.as_bytes()).unwrap();
            memory.map_remove(ty, PLACE, reference).unwrap()
        })
    }

    fn value(&mut self) -> Value {
        let map = self.map;
        on_both!(self, memory, types => {
            let root = memory.read(PLACE).unwrap();
            memory.read_value(types, map, root).unwrap()
        })
    }

    fn clear(&mut self) {
        let map = self.map;
        on_both!(self, memory, types => {
            memory.map_free(MapType::of(types, map).unwrap(), PLACE).unwrap();
        });
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Put(u8, i64),
    PutInner(u8, i64, Vec<u8>),
    Remove(u8),
    Clear,
    Commit,
}

fn operation() -> impl Strategy<Value = Operation> {
    let content = proptest::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        8 => (any::<u8>(), any::<i64>()).prop_map(|(key, n)| Operation::Put(key, n)),
        6 => (any::<u8>(), 0i64..20, content)
            .prop_map(|(key, inner, content)| Operation::PutInner(key, inner, content)),
        4 => any::<u8>().prop_map(Operation::Remove),
        1 => Just(Operation::Commit),
    ]
    .prop_flat_map(|operation| prop_oneof![200 => Just(operation), 1 => Just(Operation::Clear)])
}

type Model = IndexMap<String, (i64, IndexMap<i64, Vec<u8>>)>;

fn model_value(model: &Model) -> Value {
    let inner = |inner: &IndexMap<i64, Vec<u8>>| {
        let entry =
            |(key, content): (&i64, &Vec<u8>)| (Value::Int(*key), Value::Bytes(content.clone()));
        Value::Map(inner.iter().map(entry).collect())
    };
    let row = |(n, rows): &(i64, _)| Value::Record(vec![Value::Int(*n), inner(rows)]);
    Value::Map(
        model
            .iter()
            .map(|(key, value)| (Value::Text(key.clone()), row(value)))
            .collect(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nested_maps_do_what_the_model_does(
        operations in proptest::collection::vec(operation(), 1..400)
    ) {
        let mut bench = Bench::new();
        let mut model = Model::new();
        for operation in operations {
            match operation {
                Operation::Put(key, n) => {
                    let key = format!("key {key}");
                    bench.put(&key, n);
                    model.entry(key).or_default().0 = n;
                }
                Operation::PutInner(key, inner, content) => {
                    let key = format!("key {key}");
                    let known = bench.put_inner(&key, inner, &content);
                    prop_assert_eq!(known, model.contains_key(&key));
                    if let Some(row) = model.get_mut(&key) {
                        row.1.insert(inner, content);
                    }
                }
                Operation::Remove(key) => {
                    let key = format!("key {key}");
                    let removed = bench.remove(&key);
                    prop_assert_eq!(removed, model.shift_remove(&key).is_some());
                }
                Operation::Clear => {
                    bench.clear();
                    model.clear();
                }
                Operation::Commit => bench.commit(),
            }
            prop_assert_eq!(bench.value(), model_value(&model));
        }
        bench.commit();
        prop_assert_eq!(bench.value(), model_value(&model));
    }
}

/// Grows one map through every form of the bucket array and back to nothing.
#[test]
fn a_map_grows_to_many_segments_and_gives_everything_back() {
    let mut bench = Bench::new();
    let count = 6 * SEGMENT as i64;
    for round in 0..2 {
        for n in 0..count {
            bench.put(&format!("key {n}"), n);
            if n % 100 == 0 {
                bench.commit();
            }
        }
        bench.commit();
        for n in (0..count).rev() {
            bench.put(&format!("key {n}"), n + round);
        }
        let Value::Map(entries) = bench.value() else {
            panic!("no map")
        };
        assert_eq!(entries.len() as i64, count);
        for (n, (key, value)) in entries.iter().enumerate() {
            assert_eq!(*key, Value::Text(format!("key {n}")));
            let expected = vec![Value::Int(n as i64 + round), Value::Map(Vec::new())];
            assert_eq!(*value, Value::Record(expected));
        }
        bench.clear();
        bench.commit();
    }
    // The second round reused what the first had freed.
    let mut fresh = Bench::new();
    for n in 0..count {
        fresh.put(&format!("key {n}"), n);
    }
    fresh.commit();
    assert_eq!(
        fresh.sides[0].copy.words().len(),
        bench.sides[0].copy.words().len()
    );
}

#[test]
fn chains_stay_short() {
    let mut bench = Bench::new();
    for n in 0..4000 {
        bench.put(&format!("key {n}"), n);
    }
    bench.commit();
    let before = bench.sides[0].work.fuel;
    for n in 0..4000 {
        bench.put(&format!("key {n}"), n);
    }
    let steps = (before - bench.sides[0].work.fuel) / 4000;
    assert!(steps < 12, "{steps} steps a look-up");
}
