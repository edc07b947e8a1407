//! HTML as it is built: every tag is closed and every text escaped, by construction.

/// A page, or a part of one.
pub(crate) struct Html {
    text: String,
}

/// The attributes of an element: names and values.
pub(crate) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Html {
    pub(crate) fn new() -> Html {
        Html {
            text: String::new(),
        }
    }

    /// An element with what `inside` writes.
    pub(crate) fn element(
        &mut self,
        name: &str,
        attributes: Attributes,
        inside: impl FnOnce(&mut Html),
    ) {
        self.open(name, attributes);
        self.text.push('>');
        inside(self);
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
        if matches!(
            name,
            "tr" | "p" | "h1" | "h2" | "h3" | "section" | "table" | "li"
        ) {
            self.text.push('\n');
        }
    }

    /// An element with a text.
    pub(crate) fn leaf(&mut self, name: &str, attributes: Attributes, text: &str) {
        self.element(name, attributes, |html| html.text(text));
    }

    /// An element that has no inside, such as `meta`.
    pub(crate) fn void(&mut self, name: &str, attributes: Attributes) {
        self.open(name, attributes);
        self.text.push_str(" />");
    }

    /// Text.
    pub(crate) fn text(&mut self, text: &str) {
        escape(text, &mut self.text);
    }

    /// Text that is this crate's own and HTML already: the style sheet, the script.
    pub(crate) fn own(&mut self, text: &'static str) {
        self.text.push_str(text);
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }

    fn open(&mut self, name: &str, attributes: Attributes) {
        self.text.push('<');
        self.text.push_str(name);
        for (name, value) in attributes {
            self.text.push(' ');
            self.text.push_str(name);
            self.text.push_str("=\"");
            escape(value, &mut self.text);
            self.text.push('"');
        }
    }
}

/// Escapes what HTML gives a meaning. Control characters, which HTML forbids, become a replacement.
fn escape(text: &str, to: &mut String) {
    for character in text.chars() {
        match character {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            '\'' => to.push_str("&#39;"),
            '\n' | '\t' => to.push(character),
            control if control.is_control() => to.push('\u{fffd}'),
            other => to.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Html;

    #[test]
    fn text_and_values_are_escaped() {
        let mut html = Html::new();
        html.leaf("b", &[("title", "a\"><i>")], "1 < 2 & '3'\u{0}");
        let expected = "<b title=\"a&quot;&gt;&lt;i&gt;\">1 &lt; 2 &amp; &#39;3&#39;\u{fffd}</b>";
        assert_eq!(html.finish(), expected);
    }
}
