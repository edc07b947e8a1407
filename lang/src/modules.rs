//! The files that a program consists of: its own, those that it uses, and the standard library's.
//!
//! In: a [`SourceFile`] with the files that the host found for its `use`s. Out: one text in which they
//! stand one after the other, so that a place is one number, and the tree of each. What is found in
//! another file than the program's own is reported where that file is used.

use std::collections::BTreeMap;

use crate::ast::{self, ItemKind, Use};
use crate::codes;
use crate::diagnostic::{Diagnostic, settle};
use crate::parse::parse_part;
use crate::source::{SourceFile, Span};
use crate::suggest::did_you_mean;

/// How many files a program may use.
pub const MAX_MODULES: usize = 200;

/// A file of the program.
pub(crate) struct Part {
    /// The name before its functions; empty for the program's own file.
    pub(crate) module: String,
    /// The name of the file.
    pub(crate) name: String,
    pub(crate) program: ast::Program,
    pub(crate) span: Span,
    /// Where the program's own file comes to use it.
    used: Span,
}

/// All files of a program.
pub(crate) struct Files {
    /// Their texts in a row.
    pub(crate) source: SourceFile,
    /// The program's own file first.
    pub(crate) parts: Vec<Part>,
    /// Errors of lexer and parser, and of `use`.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// The paths of the files that a file uses, as keys for [`SourceFile::modules`]: from the folder of the
/// program on, without `.` and `..`. `base` is the key of the file itself, empty for the program.
pub fn used_files(base: &str, text: &str) -> Vec<String> {
    if !text.contains("use") {
        return Vec::new();
    }
    let source = SourceFile::new(base, text);
    let program = crate::parse(&source).program;
    let paths = program.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Use(Use::File(path)) => Some(resolved(base, path)),
        _ => None,
    });
    paths.collect()
}

/// A path from the folder of the file `base`.
fn resolved(base: &str, path: &str) -> String {
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." if steps.last().is_some_and(|last| *last != "..") => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// Puts the files of a program together.
pub(crate) fn load(source: &SourceFile) -> Files {
    let main = parse_part(source, 0..source.text.len());
    let mut files = Files {
        source: source.clone(),
        parts: vec![Part {
            module: String::new(),
            name: source.name.clone(),
            program: main.program,
            span: Span::new(0, source.text.len()),
            used: Span::default(),
        }],
        diagnostics: main.diagnostics,
    };
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut next = 0;
    while next < files.parts.len() {
        let part = &files.parts[next];
        let uses: Vec<(Use, Span)> = part
            .program
            .items
            .iter()
            .filter_map(|item| match &item.kind {
                ItemKind::Use(found) => Some((found.clone(), item.span)),
                _ => None,
            })
            .collect();
        let (base, used) = (part.name.clone(), part.used);
        let is_main = part.module.is_empty();
        for (found, span) in uses {
            let base = if is_main { "" } else { &base };
            let shown = if is_main { span } else { used };
            files.add(source, &found, base, shown, &mut known);
        }
        next += 1;
    }
    files
}

impl Files {
    /// Adds the file that a `use` names, unless it is there already.
    fn add(
        &mut self,
        source: &SourceFile,
        found: &Use,
        base: &str,
        used: Span,
        known: &mut BTreeMap<String, String>,
    ) {
        let (module, name, text) = match found {
            Use::Library(path) => {
                let names: Vec<&str> = path.iter().map(|name| name.text.as_str()).collect();
                let text = match names[..] {
                    ["std", name] => pasc_stdlib::module(name),
                    _ => None,
                };
                let Some(text) = text else {
                    return self.unknown_library(&names, used);
                };
                let name = names.last().copied().unwrap_or("");
                (name.to_string(), names.join("."), text.to_string())
            }
            Use::File(path) => {
                let key = resolved(base, path);
                let file = source.modules.iter().find(|file| file.name == key);
                let Some(file) = file else {
                    let message = format!("the file `{path}` cannot be read");
                    let hint = "a path is that of a file, from the folder of the one that uses it";
                    let diagnostic = Diagnostic::new(&codes::UNKNOWN_MODULE, used, message);
                    return self.diagnostics.push(diagnostic.hint(hint));
                };
                let last = key.rsplit('/').next().unwrap_or("");
                let module = last.strip_suffix(".pasc").unwrap_or(last).to_string();
                (module, key, file.text.clone())
            }
        };
        match known.get(&module) {
            Some(first) if *first == name => return,
            Some(first) => {
                let message = format!("two modules are named `{module}`: `{first}` and `{name}`");
                let code = &codes::UNKNOWN_MODULE;
                return self.diagnostics.push(Diagnostic::new(code, used, message));
            }
            None => {}
        }
        if self.parts.len() > MAX_MODULES {
            let message = format!("a program uses at most {MAX_MODULES} files");
            let code = &codes::TOO_MANY_DECLARATIONS;
            return self.diagnostics.push(Diagnostic::new(code, used, message));
        }
        known.insert(module.clone(), name.clone());
        self.source.text.push('\n');
        let start = self.source.text.len();
        self.source.text.push_str(&text);
        let end = self.source.text.len();
        let parsed = parse_part(&self.source, start..end);
        self.diagnostics.extend(parsed.diagnostics);
        self.parts.push(Part {
            module,
            name,
            program: parsed.program,
            span: Span::new(start, end),
            used,
        });
    }

    fn unknown_library(&mut self, names: &[&str], used: Span) {
        let path = names.join(".");
        let message = format!("there is no module `{path}`");
        let known: Vec<String> = pasc_stdlib::names()
            .map(|name| format!("std.{name}"))
            .collect();
        let near = did_you_mean(&path, known.iter().map(String::as_str));
        let hint =
            near.unwrap_or_else(|| "a file is used by its path: `use \"./name.pasc\"`".to_string());
        let code = &codes::UNKNOWN_MODULE;
        self.diagnostics
            .push(Diagnostic::new(code, used, message).hint(hint));
    }

    /// The diagnostics in order; those of another file than the program's own stand where it is used,
    /// and warnings of other files are theirs.
    pub(crate) fn shown(&self, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let own = self.parts[0].span.end;
        // A module whose type is another's in this program has errors that are not its own.
        let clashes =
            |found: &Diagnostic| found.span.start > own && found.code == &codes::DECLARED_TWICE;
        let has_clash = diagnostics.iter().any(clashes);
        let shown = diagnostics.into_iter().filter_map(|mut found| {
            found.labels.retain(|label| label.span.end <= own);
            let part = self.parts[1..]
                .iter()
                .find(|part| (part.span.start..=part.span.end).contains(&found.span.start));
            if let Some(part) = part {
                if !found.is_error() || has_clash && !clashes(&found) {
                    return None;
                }
                if has_clash {
                    let hint = "types and messages of a module have their names in the whole \
                        program; give the other one another name";
                    found.hint = Some(hint.to_string());
                }
                let inside = SourceFile::new("", self.source.slice(part.span));
                let place = inside.position(found.span.start - part.span.start);
                let (name, line, column) = (&part.name, place.line, place.column);
                found.message = format!("{} ({name}:{line}:{column})", found.message);
                found.span = part.used;
            }
            Some(found)
        });
        settle(shown.collect())
    }
}
