//! What operators and methods make, for each type.

use super::generator::Ty::*;
use super::generator::{Generator, Ty, list, map, option, set};
use super::made_expressions::{Want, Want::*, plain};

impl Generator<'_> {
    pub(super) fn int(&mut self, depth: usize) -> String {
        match self.pick(22) {
            0..6 => {
                let sign = *self.one(&["+", "-", "*", "/", "%", "+"]);
                let (a, b) = (
                    self.expr(&Int, depth, Nothing),
                    self.expr(&Int, depth, Nothing),
                );
                format!("{a} {sign} {b}")
            }
            6 => format!("-{}", self.expr(&Int, depth, Nothing)),
            7 => {
                let of = self
                    .one(&[list(Int), list(Text), set(Int), map(Int, Int), Text, Bytes])
                    .clone();
                format!("{}.len()", self.expr(&of, depth, Nothing))
            }
            8 => {
                let (of, key) = (
                    self.expr(&map(Int, Int), depth, Nothing),
                    self.expr(&Int, depth, Nothing),
                );
                format!("{of}.get_or({key}, {})", self.expr(&Int, depth, Known))
            }
            9 => format!(
                "{}[{}]",
                self.expr(&list(Int), depth, Nothing),
                self.pick(3)
            ),
            10 => {
                let name = *self.one(&["sum", "sum", "min", "max"]);
                self.quantifier(name, &Int, depth)
            }
            11 => {
                let (a, b) = (
                    self.expr(&Int, depth, Nothing),
                    self.expr(&Int, depth, Nothing),
                );
                format!("{}({a}, {b})", self.one(&["min", "max"]))
            }
            12 => {
                let (a, b) = (
                    self.expr(&Int, depth, Nothing),
                    self.expr(&Int, depth, Nothing),
                );
                let name = *self.one(&[
                    "wrapping_add",
                    "wrapping_mul",
                    "wrapping_sub",
                    "bit_and",
                    "bit_or",
                    "bit_xor",
                ]);
                format!("{a}.{name}({b})")
            }
            13 => format!("{}.abs()", self.expr(&Int, depth, Nothing)),
            14 => {
                let by = self.pick(66);
                format!(
                    "{}.{}({by})",
                    self.expr(&Int, depth, Nothing),
                    self.one(&["shift_left", "shift_right"])
                )
            }
            15 => format!("{}[{}]", self.expr(&Bytes, depth, Nothing), self.pick(2)),
            16 => {
                let of = self.expr(&option(Int), depth, Nothing);
                format!("{of}.get_or({})", self.expr(&Int, depth, Known))
            }
            17 => {
                let (a, b) = (
                    self.expr(&Duration, depth, Nothing),
                    self.expr(&Duration, depth, Nothing),
                );
                format!("{a} / {b}")
            }
            18 => format!("sum({})", self.expr(&list(Int), depth, Nothing)),
            19 => {
                let (xs, x) = (
                    self.expr(&list(Int), depth, Nothing),
                    self.expr(&Int, depth, Nothing),
                );
                format!("{xs}.count({x})")
            }
            20 => format!(
                "{}.{}()",
                self.expr(&Bytes, depth, Nothing),
                self.one(&["be", "le"])
            ),
            _ => format!(
                "{}.{}",
                self.expr(&Tuple(vec![Int, Text]), depth, Nothing),
                0
            ),
        }
    }

    /// `name(body for … in … if …)`
    pub(super) fn quantifier(&mut self, name: &str, of: &Ty, depth: usize) -> String {
        let clause = self.clause(depth);
        let body = self.expr(of, depth, Nothing);
        self.scope.pop();
        let condition = self.one(&[true, false]);
        let condition = if *condition {
            format!(" if {}", self.expr(&Bool, 0, Nothing))
        } else {
            String::new()
        };
        format!("{name}({body} {clause}{condition})")
    }

    /// `for … in …`, whose name is seen afterwards.
    pub(super) fn clause(&mut self, depth: usize) -> String {
        let name = self.name("each");
        let text = match self.pick(5) {
            0 => format!("for {name} in {}", self.expr(&list(Int), depth, Nothing)),
            1 => format!("for {name} in {}", self.expr(&set(Int), depth, Nothing)),
            2 => format!(
                "for _, {name} in {}",
                self.expr(&map(Int, Int), depth, Nothing)
            ),
            3 => format!("for {name} in {}..{}", self.pick(3), self.pick(6)),
            _ => format!(
                "for ({name}, _) in {}",
                self.expr(&list(Tuple(vec![Int, Text])), depth, Nothing)
            ),
        };
        self.see(&name, &Int, false);
        text
    }

    pub(super) fn bool(&mut self, depth: usize) -> String {
        match self.pick(11) {
            0..3 => {
                let sign = *self.one(&["==", "!=", "<", "<=", ">", ">="]);
                let ty = self.ty();
                let ty = if matches!(sign, "==" | "!=") || ty.is_ordered() {
                    ty
                } else {
                    Int
                };
                let (a, b) = (
                    self.expr(&ty, depth, Nothing),
                    self.expr(&ty, depth, Nothing),
                );
                format!("{a} {sign} {b}")
            }
            3 => {
                let sign = *self.one(&["and", "or"]);
                let (a, b) = (
                    self.expr(&Bool, depth, Nothing),
                    self.expr(&Bool, depth, Nothing),
                );
                format!("{a} {sign} {b}")
            }
            4 => format!("not {}", self.expr(&Bool, depth, Nothing)),
            5 => {
                let of = self.one(&[list(Int), set(Int), map(Int, Int)]).clone();
                let (a, b) = (
                    self.expr(&Int, depth, Nothing),
                    self.expr(&of, depth, Nothing),
                );
                format!("{a} {} {b}", self.one(&["in", "not in"]))
            }
            6 => {
                let name = *self.one(&["all", "any"]);
                self.quantifier(name, &Bool, depth)
            }
            7 => format!(
                "{}.{}()",
                self.expr(&option(Int), depth, Nothing),
                self.one(&["is_some", "is_none"])
            ),
            8 => {
                let (a, b) = (
                    self.expr(&Text, depth, Nothing),
                    self.expr(&Text, depth, Nothing),
                );
                format!("{a}.{}({b})", self.one(&["starts_with", "ends_with"]))
            }
            9 => {
                let (a, b) = (
                    self.expr(&set(Int), depth, Nothing),
                    self.expr(&set(Int), depth, Nothing),
                );
                format!("{a}.is_subset({b})")
            }
            _ => {
                let of = self
                    .one(&[list(Int), set(Int), map(Int, Int), Text, Bytes])
                    .clone();
                format!("{}.is_empty()", self.expr(&of, depth, Nothing))
            }
        }
    }

    pub(super) fn text(&mut self, depth: usize) -> String {
        match self.pick(9) {
            0 | 1 => {
                let (a, b) = (
                    self.expr(&Text, depth, Nothing),
                    self.expr(&Text, depth, Nothing),
                );
                format!("{a} + {b}")
            }
            2 => {
                let names: Vec<String> = self
                    .visible(false)
                    .into_iter()
                    .filter(|known| matches!(known.ty, Int | Bool | Text | Address))
                    .map(|known| known.name)
                    .collect();
                if names.is_empty() {
                    return "\"{1 + 2} of {3}\"".to_string();
                }
                let (a, b) = (self.one(&names).clone(), self.one(&names).clone());
                format!("\"<{a}> {{{a}}} and {{{b}}}\"")
            }
            3 => format!("{}.to_text()", self.expr(&Int, depth, Nothing)),
            4 => {
                let (from, to) = (self.pick(3), self.pick(3));
                let text = self.expr(&Text, depth, Nothing);
                let part = self.one(&["ab", "a", "b", ""]).to_owned();
                let bound = |has: char, at: usize| {
                    if part.contains(has) {
                        at.to_string()
                    } else {
                        String::new()
                    }
                };
                format!("{text}[{}..{}]", bound('a', from), bound('b', to))
            }
            5 => format!(
                "{}.{}()",
                self.expr(&Text, depth, Nothing),
                self.one(&["to_upper", "to_lower", "trim"])
            ),
            6 => format!("{}.join(\", \")", self.expr(&list(Text), depth, Nothing)),
            7 => format!("{}.to_hex()", self.expr(&Bytes, depth, Nothing)),
            _ => {
                let text = self.expr(&Text, depth, Nothing);
                format!("{text}.repeat({})", self.pick(4))
            }
        }
    }

    pub(super) fn bytes(&mut self, depth: usize) -> String {
        match self.pick(4) {
            0 => {
                let (a, b) = (
                    self.expr(&Bytes, depth, Nothing),
                    self.expr(&Bytes, depth, Nothing),
                );
                format!("{a} + {b}")
            }
            1 => format!("{}[{}..]", self.expr(&Bytes, depth, Nothing), self.pick(3)),
            2 => format!("{}.to_bytes()", self.expr(&Text, depth, Nothing)),
            _ => {
                let width = self.pick(10);
                format!(
                    "{}.{}({width})",
                    self.expr(&Int, depth, Nothing),
                    self.one(&["to_be", "to_le"])
                )
            }
        }
    }

    pub(super) fn duration(&mut self, depth: usize) -> String {
        match self.pick(5) {
            0 | 1 => {
                let sign = *self.one(&["+", "-", "%"]);
                let (a, b) = (
                    self.expr(&Duration, depth, Nothing),
                    self.expr(&Duration, depth, Nothing),
                );
                format!("{a} {sign} {b}")
            }
            2 => format!(
                "{} * {}",
                self.expr(&Int, depth, Nothing),
                self.expr(&Duration, depth, Nothing)
            ),
            3 => format!(
                "{} / {}",
                self.expr(&Duration, depth, Nothing),
                self.expr(&Int, depth, Nothing)
            ),
            _ => format!("-{}", self.expr(&Duration, depth, Nothing)),
        }
    }

    pub(super) fn list(&mut self, element: &Ty, depth: usize, want: Want) -> String {
        let whole = list(element.clone());
        match self.pick(8) {
            0 => self.collection(&whole, depth, want),
            1 => {
                let (a, b) = (
                    self.expr(&whole, depth, Nothing),
                    self.expr(&whole, depth, Nothing),
                );
                format!("{a} + {b}")
            }
            2 => {
                let (from, to) = (self.pick(3), self.pick(3));
                format!("{}[{from}..{to}]", self.expr(&whole, depth, Nothing))
            }
            3 | 4 => {
                let clause = self.clause(depth);
                let body = self.expr(element, depth, Nothing);
                self.scope.pop();
                format!("[{body} {clause}]")
            }
            5 if element.is_ordered() => format!("{}.sorted()", self.expr(&whole, depth, Nothing)),
            6 if *element == Int => {
                let xs = self.expr(&whole, depth, Nothing);
                let name = self.name("by");
                self.see(&name, &Int, false);
                let key = self.expr(&Int, 1, Nothing);
                self.scope.pop();
                format!("{xs}.sorted({}{name} => {key})", self.one(&["by ", ""]))
            }
            7 if *element == Int => {
                let of = self.one(&["keys", "values"]).to_owned();
                format!("{}.{of}()", self.expr(&map(Int, Int), depth, Nothing))
            }
            7 if *element == Text => format!("{}.split(\",\")", self.expr(&Text, depth, Nothing)),
            _ => format!("{}.reversed()", self.expr(&whole, depth, Nothing)),
        }
    }

    pub(super) fn set(&mut self, element: &Ty, depth: usize) -> String {
        let whole = set(element.clone());
        match self.pick(4) {
            0 | 1 => {
                let (a, b) = (
                    self.expr(&whole, depth, Nothing),
                    self.expr(&whole, depth, Nothing),
                );
                format!(
                    "{a}.{}({b})",
                    self.one(&["union", "intersection", "difference"])
                )
            }
            2 => {
                let clause = self.clause(depth);
                let body = self.expr(element, depth, Nothing);
                self.scope.pop();
                format!("{{{body} {clause}}}")
            }
            _ => format!(
                "{}.to_set()",
                self.expr(&list(element.clone()), depth, Nothing)
            ),
        }
    }

    pub(super) fn option(&mut self, inner: &Ty, depth: usize, want: Want) -> String {
        match self.pick(5) {
            0 | 1 => format!("some({})", self.expr(inner, depth, plain(want))),
            2 => {
                let xs = self.expr(&list(inner.clone()), depth, Nothing);
                format!("{xs}.{}()", self.one(&["first", "last", "min", "max"]))
            }
            3 if *inner == Int => {
                let xs = self.expr(&list(Int), depth, Nothing);
                let name = self.name("find");
                self.see(&name, &Int, false);
                let condition = self.expr(&Bool, 1, Nothing);
                self.scope.pop();
                format!("{xs}.find({name} => {condition})")
            }
            4 if *inner == Int => format!("{}.parse_int()", self.expr(&Text, depth, Nothing)),
            _ => {
                let xs = self.expr(&list(inner.clone()), depth, Nothing);
                format!("{xs}.get({})", self.pick(3))
            }
        }
    }
}
