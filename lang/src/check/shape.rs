//! Which values patterns leave over, and which patterns are of no use.
//!
//! In: the shapes of patterns, row by row, and the types of the values. Out: whether some value has
//! the last shape and none of the rows', with an example.

use pasc_vm::types::{Type, TypeId, TypeTable};

/// What a pattern asks of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing.
    Any,
    /// That it is this one of its type's constructors, and its parts have these shapes.
    Made(usize, Vec<Shape>),
    /// That it is this literal.
    Literal(String),
}

/// How many steps the search may take; patterns that need more are taken to leave something over.
const MAX_STEPS: usize = 100_000;

/// A search for a value that rows of shapes leave over.
pub(super) struct Search<'t> {
    types: &'t TypeTable,
    steps: usize,
}

impl<'t> Search<'t> {
    pub(super) fn new(types: &'t TypeTable) -> Self {
        Search { types, steps: 0 }
    }

    /// The name and the types of the parts of each way to make a value of the type; `None` if there
    /// are too many to list.
    fn constructors(&self, ty: TypeId) -> Option<Vec<(String, Vec<TypeId>)>> {
        let plain = |name: &str| (name.to_string(), Vec::new());
        Some(match self.types.get(ty)? {
            Type::Bool => vec![plain("false"), plain("true")],
            Type::Option { value } => vec![plain("none"), ("some".to_string(), vec![*value])],
            Type::Tuple { elements } => vec![(String::new(), elements.clone())],
            Type::Enum { name, variants } => variants
                .iter()
                .map(|variant| (format!("{name}.{}", variant.name), variant.fields.clone()))
                .collect(),
            _ => return None,
        })
    }

    /// Values of these types, as patterns, that have the shapes of `wanted` and of none of the rows.
    pub(super) fn left_over(
        &mut self,
        rows: &[Vec<Shape>],
        wanted: &[Shape],
        types: &[TypeId],
    ) -> Option<Vec<String>> {
        self.steps += 1;
        let ((first, rest), (ty, other_types)) = match (wanted.split_first(), types.split_first()) {
            (Some(wanted), Some(types)) => (wanted, types),
            _ => return rows.is_empty().then(Vec::new),
        };
        if self.steps > MAX_STEPS {
            return Some(vec!["_".to_string(); types.len()]);
        }
        let is_any = |row: &Vec<Shape>| matches!(row.first(), Some(Shape::Any));
        let constructors = self.constructors(*ty);
        match (first, constructors) {
            (Shape::Any, Some(list)) if !rows.iter().all(is_any) => {
                list.iter().enumerate().find_map(|(index, (name, parts))| {
                    let wanted = [vec![Shape::Any; parts.len()], rest.to_vec()].concat();
                    self.made(rows, (index, name), parts, &wanted, other_types)
                })
            }
            (Shape::Made(index, shapes), Some(list)) => {
                let (name, parts) = list.get(*index)?;
                let wanted = [shapes.clone(), rest.to_vec()].concat();
                self.made(rows, (*index, name), parts, &wanted, other_types)
            }
            (literal, _) => {
                // Rows with another literal do not take it; rows with any literal do not take all.
                let takes = |row: &&Vec<Shape>| is_any(row) || row.first() == Some(literal);
                let rows: Vec<Vec<Shape>> = rows
                    .iter()
                    .filter(takes)
                    .map(|row| row[1..].to_vec())
                    .collect();
                let mut found = self.left_over(&rows, rest, other_types)?;
                found.insert(0, "_".to_string());
                Some(found)
            }
        }
    }

    /// As [`Search::left_over`], for values made by one constructor, whose parts stand in front.
    fn made(
        &mut self,
        rows: &[Vec<Shape>],
        (index, name): (usize, &str),
        parts: &[TypeId],
        wanted: &[Shape],
        other_types: &[TypeId],
    ) -> Option<Vec<String>> {
        let expand = |row: &Vec<Shape>| {
            let inner = match row.first()? {
                Shape::Any => vec![Shape::Any; parts.len()],
                Shape::Made(made, shapes) if *made == index => shapes.clone(),
                _ => return None,
            };
            Some([&inner[..], &row[1..]].concat())
        };
        let rows: Vec<Vec<Shape>> = rows.iter().filter_map(expand).collect();
        let types = [parts, other_types].concat();
        let mut found = self.left_over(&rows, wanted, &types)?;
        let others = found.split_off(parts.len());
        let whole = if found.is_empty() {
            name.to_string()
        } else {
            format!("{name}({})", found.join(", "))
        };
        Some([vec![whole], others].concat())
    }
}
