//! Colors, where they can be seen.

use std::env;
use std::io::IsTerminal;

/// Whether text is colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Colored,
}

/// How a piece of text looks, as in ECMA-48's "select graphic rendition".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Color {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Service(u8),
}

/// Colors of services in their order of appearance: no red or green, which mean something.
const SERVICES: [u8; 6] = [36, 35, 34, 96, 95, 94];

impl Color {
    /// The color of a service in a trace with these services.
    pub(crate) fn of_service(services: &[&str], service: &str) -> Self {
        let at = services.iter().position(|name| *name == service).unwrap_or(0);
        Self::Service(SERVICES[at % SERVICES.len()])
    }

    fn code(self) -> u8 {
        match self {
            Self::Bold => 1,
            Self::Dim => 2,
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
            Self::Service(code) => code,
        }
    }
}

impl Paint {
    /// Colored when the output is a terminal and the user has not said otherwise by `NO_COLOR` (<https://no-color.org>).
    pub(crate) fn of(output: &impl IsTerminal) -> Self {
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match output.is_terminal() && !refused {
            true => Self::Colored,
            false => Self::Plain,
        }
    }

    pub(crate) fn with(self, color: Color, text: &str) -> String {
        match self {
            Self::Colored if !text.is_empty() => format!("\x1b[{}m{text}\x1b[0m", color.code()),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_surrounds_text_and_plain_text_stays() {
        assert_eq!(Paint::Colored.with(Color::Red, "ERROR"), "\x1b[31mERROR\x1b[0m");
        assert_eq!(Paint::Colored.with(Color::Red, ""), "");
        assert_eq!(Paint::Plain.with(Color::Red, "ERROR"), "ERROR");
    }

    #[test]
    fn services_of_a_trace_differ_in_color() {
        let services = ["a", "b"];
        assert_ne!(Color::of_service(&services, "a"), Color::of_service(&services, "b"));
    }

    #[test]
    fn a_file_is_not_colored() -> std::io::Result<()> {
        assert_eq!(
            Paint::of(&std::fs::File::open(env!("CARGO_MANIFEST_PATH"))?),
            Paint::Plain
        );
        Ok(())
    }
}
