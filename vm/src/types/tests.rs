//! Layout, names and fingerprints of types.
#![allow(clippy::unwrap_used)]

use super::*;

fn field(name: &str, ty: TypeId) -> Field {
    Field {
        name: name.to_owned(),
        ty,
    }
}

#[test]
fn records_lie_flat_and_maps_take_one_word() {
    let mut table = TypeTable::default();
    let int = table.intern(Type::Int).unwrap();
    let bytes = table.intern(Type::Bytes).unwrap();
    let fields = vec![field("ballot", int), field("value", bytes)];
    let vote = table
        .intern(Type::Record {
            name: "Vote".into(),
            fields,
        })
        .unwrap();
    let votes = table
        .intern(Type::Map {
            key: int,
            value: vote,
        })
        .unwrap();
    let fields = vec![field("last", vote), field("all", votes), field("n", int)];
    let state = table
        .intern(Type::Record {
            name: "State".into(),
            fields,
        })
        .unwrap();
    assert_eq!(table.width(state), 4);
    assert_eq!(
        [0, 1, 2].map(|index| table.field_offset(state, index)),
        [0, 2, 3]
    );
    assert_eq!(table.name(votes), "map<int, Vote>");
    assert_eq!(table.intern(Type::Int), Ok(int));
}

#[test]
fn a_fingerprint_tells_names_order_and_types_apart() {
    let mut table = TypeTable::default();
    let int = table.intern(Type::Int).unwrap();
    let text = table.intern(Type::Text).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    let variants = [
        ("A", vec![field("x", int), field("y", int)]),
        ("B", vec![field("x", int), field("y", int)]),
        ("A", vec![field("y", int), field("x", int)]),
        ("A", vec![field("x", int), field("y", text)]),
        ("A", vec![field("x", int)]),
        ("A", vec![field("xy", int)]),
    ];
    for (name, fields) in variants {
        let record = table
            .intern(Type::Record {
                name: name.into(),
                fields,
            })
            .unwrap();
        assert!(seen.insert(table.fingerprint(record)));
    }
}

#[test]
fn a_map_cannot_be_a_key() {
    let mut table = TypeTable::default();
    let int = table.intern(Type::Int).unwrap();
    let map = table
        .intern(Type::Map {
            key: int,
            value: int,
        })
        .unwrap();
    assert_eq!(
        table.intern(Type::Map {
            key: map,
            value: int
        }),
        Err(TypeError::UnorderedKey)
    );
}

#[test]
fn depth_and_width_have_bounds_on_both_sides() {
    let mut table = TypeTable::default();
    let mut ty = table.intern(Type::Int).unwrap();
    let int = ty;
    for _ in 1..MAX_TYPE_DEPTH {
        ty = table
            .intern(Type::Map {
                key: int,
                value: ty,
            })
            .unwrap();
    }
    assert_eq!(
        table.intern(Type::Map {
            key: int,
            value: ty
        }),
        Err(TypeError::TooDeep)
    );
    let wide = |n: u32| Type::Record {
        name: format!("R{n}"),
        fields: (0..n).map(|i| field(&format!("f{i}"), int)).collect(),
    };
    assert!(table.intern(wide(MAX_WIDTH_WORDS)).is_ok());
    assert_eq!(
        table.intern(wide(MAX_WIDTH_WORDS + 1)),
        Err(TypeError::TooWide)
    );
}

#[test]
fn a_table_from_a_file_cannot_refer_forward() {
    let forward = vec![
        Type::Map {
            key: TypeId(1),
            value: TypeId(1),
        },
        Type::Int,
    ];
    assert!(TypeTable::try_from(forward).is_err());
}

fn basic(table: &mut TypeTable) -> [TypeId; 3] {
    [Type::Int, Type::Bool, Type::Text].map(|ty| table.intern(ty).unwrap())
}

fn variant(name: &str, fields: &[TypeId]) -> Variant {
    Variant {
        name: name.to_owned(),
        fields: fields.to_vec(),
    }
}

#[test]
fn variants_share_slots_of_one_type_in_ascending_order() {
    let mut table = TypeTable::default();
    let [int, _, text] = basic(&mut table);
    let variants = vec![
        variant("A", &[int, text]),
        variant("B", &[text, int]),
        variant("C", &[]),
        variant("D", &[int, int]),
    ];
    let name = "E".to_owned();
    let ty = table.intern(Type::Enum { name, variants }).unwrap();
    let slots: Vec<TypeId> = table.fields(ty).iter().map(|slot| slot.ty).collect();
    assert_eq!(slots, [int, int, text, int]);
    let used = [0, 1, 2, 3].map(|variant| table.variant_slots(ty, variant).to_vec());
    assert_eq!(used, [vec![1, 2], vec![2, 3], vec![], vec![1, 3]]);
    assert_eq!(table.width(ty), 4);
    assert!(table.is_in_place(ty) && table.is_ordered(ty));
}

#[test]
fn an_enum_has_at_least_one_variant_and_at_most_so_many_as_a_byte_counts() {
    let mut table = TypeTable::default();
    basic(&mut table);
    let sized = |count: usize| Type::Enum {
        name: format!("E{count}"),
        variants: (0..count).map(|n| variant(&format!("V{n}"), &[])).collect(),
    };
    assert_eq!(table.intern(sized(0)), Err(TypeError::BadVariants));
    assert!(table.intern(sized(MAX_VARIANTS)).is_ok());
    assert_eq!(
        table.intern(sized(MAX_VARIANTS + 1)),
        Err(TypeError::BadVariants)
    );
}

#[test]
fn options_and_tuples_have_names_and_lie_flat() {
    let mut table = TypeTable::default();
    let [int, bool, text] = basic(&mut table);
    let elements = vec![int, text];
    let pair = table.intern(Type::Tuple { elements }).unwrap();
    let option = table.intern(Type::Option { value: pair }).unwrap();
    assert_eq!(table.name(option), "option<(int, text)>");
    assert_eq!(table.width(option), 3);
    assert_eq!(table.field_offset(option, 1), 1);
    assert_eq!(table.fields(option)[0].ty, bool);
    assert_ne!(table.fingerprint(option), table.fingerprint(pair));
}
