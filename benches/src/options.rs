//! The command line.

use clap::{Parser, Subcommand};

use crate::case::{Case, Contender, Whose};
use crate::child::Order;

/// What this family's layers add to a call, beside its peers and code written by hand.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    /// Only these cases, such as S1, or contenders with this in their name
    pub(crate) only: Vec<String>,
    /// Leave the peers out
    #[arg(long)]
    pub(crate) ours: bool,
    /// Count, but take no times
    #[arg(long)]
    pub(crate) counts: bool,
    /// Compare our counts with the baseline: fails if one grew by more than 3 %
    #[arg(long, conflicts_with_all = ["write_baseline", "breakdown"])]
    pub(crate) check: bool,
    /// Record our counts as the baseline
    #[arg(long, conflicts_with_all = ["breakdown", "only"])]
    pub(crate) write_baseline: bool,
    /// Show which functions take our instructions
    #[arg(long)]
    pub(crate) breakdown: bool,
    #[command(subcommand)]
    pub(crate) child: Option<Child>,
}

/// What the command asks of itself, in another process.
#[derive(Debug, Subcommand)]
pub(crate) enum Child {
    /// One measurement
    #[command(hide = true)]
    Measure(Order),
}

impl Options {
    /// Whether this contender was asked for.
    pub(crate) fn chooses(&self, case: &Case, contender: &Contender) -> bool {
        let ours_alone = self.check || self.write_baseline || self.breakdown;
        let left_out = match contender.whose {
            Whose::Ours => false,
            Whose::Floor => ours_alone,
            Whose::Peer => ours_alone || self.ours,
        };
        let mut only = self.only.iter();
        let named = self.only.is_empty() || only.any(|only| case.name == only || contender.name.contains(only));
        named && !left_out
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cases::cases;

    fn chosen(arguments: &[&str]) -> Vec<&'static str> {
        let options = Options::parse_from(["benches"].iter().chain(arguments));
        let mut chosen = Vec::new();
        for case in cases() {
            let contenders = case
                .contenders
                .iter()
                .filter(|contender| options.chooses(&case, contender));
            chosen.extend(contenders.map(|contender| contender.name));
        }
        chosen
    }

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn a_name_chooses_a_case_or_contenders() {
        assert!(chosen(&["S1"]).len() > chosen(&["S3"]).len());
        assert!(chosen(&["tower-otel"]).iter().all(|name| *name == "tower-otel"));
        assert!(chosen(&["nobody"]).is_empty());
    }

    #[test]
    fn peers_can_be_left_out() {
        let ours = chosen(&["--ours"]);
        assert!(ours.contains(&crate::ours::GIVEN));
        assert!(!ours.contains(&"tower-otel"));
    }
}
