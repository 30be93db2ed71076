//! What coop says of its work: how often intrinsics did it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Counters of one or of several evaluations.
#[derive(Debug, Default, Deserialize)]
pub struct Statistics {
    /// How often a function of nixpkgs was evaluated by coop itself.
    pub intrinsics: u64,
    /// How often such a function was left to the code that was written.
    pub otherwise: u64,
    /// Functions that were never used, each with a variable that was not as it has to be.
    pub refused: BTreeMap<String, String>,
}

impl Statistics {
    /// The counters in what a process said; none where it ended before it said them.
    #[must_use]
    pub fn said_in(text: &str) -> Self {
        let mut lines = text.lines().rev();
        lines
            .find_map(|line| serde_json::from_str(line).ok())
            .unwrap_or_default()
    }

    /// Adds those of another evaluation.
    pub fn add(&mut self, other: Self) {
        self.intrinsics += other.intrinsics;
        self.otherwise += other.otherwise;
        self.refused.extend(other.refused);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_found_among_messages() {
        let said = "trace: x\n{\"files\":1,\"intrinsics\":5,\"otherwise\":2,\"refused\":{\"a\":\"b\"}}\nerror: y\n";
        let mut all = Statistics::said_in(said);
        all.add(Statistics::said_in("error: no counters"));
        all.add(Statistics::said_in(said));
        assert_eq!((all.intrinsics, all.otherwise), (10, 4));
        assert_eq!(all.refused["a"], "b");
    }
}
