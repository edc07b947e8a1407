//! The figures: a cell for each work and contender.

use pasc_benches::median;

/// What a contender came to at a work.
pub(super) struct Cell {
    pub(super) work: &'static str,
    pub(super) contender: &'static str,
    times: Vec<f64>,
    result: String,
}

impl Cell {
    pub(super) fn new(work: &'static str, contender: &'static str) -> Cell {
        Cell {
            work,
            contender,
            times: Vec::new(),
            result: String::new(),
        }
    }

    /// Adds a turn. The first is for warming up, and for the result that the others must have again.
    pub(super) fn add(&mut self, turn: usize, nanos: f64, result: String) -> Result<(), String> {
        let Cell {
            work, contender, ..
        } = self;
        if turn == 0 {
            self.result = result;
            return Ok(());
        }
        if !result.is_empty() && result != self.result {
            let first = &self.result;
            return Err(format!(
                "{work}: {contender}: {result} in turn {turn}, {first} before"
            ));
        }
        self.times.push(nanos);
        Ok(())
    }

    /// The median in nanoseconds.
    pub(super) fn nanos(&self) -> f64 {
        median(&mut self.times.clone())
    }

    /// The least and the most.
    pub(super) fn spread(&self) -> [f64; 2] {
        let times = self.times.iter().copied();
        [
            times.clone().fold(f64::MAX, f64::min),
            times.fold(0.0, f64::max),
        ]
    }
}

/// Whether all cells are there and the contenders of a work agree.
pub(super) fn check(cells: &[Cell], expected: &[(&str, &str)]) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (work, contender) in expected {
        let mut of_work = cells.iter().filter(|cell| cell.work == *work);
        let first = of_work.clone().next();
        match of_work.find(|cell| cell.contender == *contender) {
            None => wrong.push(format!("{work}: nothing of {contender}")),
            Some(cell) if cell.times.len() < super::TURNS => {
                wrong.push(format!("{work}: too few turns of {contender}"));
            }
            Some(cell) => {
                if let Some(first) = first.filter(|first| first.result != cell.result) {
                    wrong.push(format!(
                        "{work}: {contender} gives {}, {} gives {}",
                        cell.result, first.contender, first.result
                    ));
                }
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n")),
    }
}

/// The cells as a JSON list, one a line; times in nanoseconds.
pub(super) fn json(cells: &[Cell]) -> String {
    let rows = cells.iter().map(|cell| {
        let row = serde_json::json!({
            "work": cell.work,
            "contender": cell.contender,
            "ns": round(cell.nanos()),
            "spread": cell.spread().map(round),
            "result": cell.result,
        });
        format!("  {row}")
    });
    let rows: Vec<String> = rows.collect();
    format!("[\n{}\n]\n", rows.join(",\n"))
}

fn round(nanos: f64) -> f64 {
    (nanos * 10.0).round() / 10.0
}

/// The ratio of two contenders at a work.
pub(super) fn ratio(cells: &[Cell], work: &str, of: &str, to: &str) -> Option<f64> {
    let nanos = |contender: &str| {
        let cell = cells
            .iter()
            .find(|cell| cell.work == work && cell.contender == contender);
        cell.map(Cell::nanos)
    };
    Some(nanos(of)? / nanos(to)?)
}

/// The geometric mean of the ratios over works; nothing if one is missing.
pub(super) fn mean<'w>(
    cells: &[Cell],
    works: impl Iterator<Item = &'w str>,
    of: &str,
    to: &str,
) -> Option<f64> {
    let logarithms: Option<Vec<f64>> = works
        .map(|work| ratio(cells, work, of, to).map(f64::ln))
        .collect();
    let logarithms = logarithms?;
    Some((logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
}
