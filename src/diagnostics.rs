//! Diagnostics as JSON, one object a line.

use crate::exit::Failed;
use crate::output::Standard;
use pasc_lang::{Diagnostic, Severity, SourceFile, Span};
use serde_json::{Value as Json, json};

/// Writes a line for each diagnostic.
pub(crate) fn write(
    diagnostics: &[Diagnostic],
    source: &SourceFile,
    out: &mut Standard,
) -> Result<(), Failed> {
    for diagnostic in diagnostics {
        write_object(&object(diagnostic, source), out)?;
    }
    Ok(())
}

/// Writes the line of one finding.
pub(crate) fn write_object(object: &Json, out: &mut Standard) -> Result<(), Failed> {
    out.write(format!("{object}\n").as_bytes())
}

/// One diagnostic. Lines and columns count from 1, columns count characters, `end` is the place
/// after the last character.
fn object(diagnostic: &Diagnostic, source: &SourceFile) -> Json {
    let severity = match diagnostic.code.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let labels = diagnostic.labels.iter().map(|label| {
        let mut object = place(label.span, source);
        object["message"] = label.text.as_str().into();
        object
    });
    let labels: Vec<Json> = labels.collect();
    let mut object = json!({
        "code": diagnostic.code.number,
        "severity": severity,
        "message": diagnostic.message,
    });
    let places = place(diagnostic.span, source);
    if let (Some(object), Json::Object(places)) = (object.as_object_mut(), places) {
        object.extend(places);
    }
    object["labels"] = labels.into();
    object["hint"] = diagnostic.hint.as_deref().into();
    object
}

fn place(span: Span, source: &SourceFile) -> Json {
    let start = source.position(span.start);
    let end = source.position(span.end);
    json!({
        "file": source.name,
        "line": start.line,
        "column": start.column,
        "end": {"line": end.line, "column": end.column},
    })
}
