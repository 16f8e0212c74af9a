//! What the tour prints, as wide as the terminal.

use std::io;

use terminal_size::{Width, terminal_size_of};

/// The columns of a page: the terminal's, or as many as a trace has anyway.
pub(crate) fn columns() -> usize {
    const MOST: usize = 120;
    terminal_size_of(io::stdout()).map_or(MOST, |(Width(columns), _)| usize::from(columns).min(MOST))
}

/// The text in lines of at most so many columns, each set in by three.
pub(crate) fn paragraph(text: &str, columns: usize) -> String {
    const EDGE: &str = "  ";
    let mut page = EDGE.to_owned();
    let mut used = EDGE.len();
    for word in text.split(' ') {
        let more = 1 + word.chars().count();
        if used + more > columns && used > EDGE.len() {
            page += "\n";
            page += EDGE;
            used = EDGE.len();
        }
        page += " ";
        page += word;
        used += more;
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_breaks_between_words_and_is_set_in() {
        let page = paragraph("The gateway asks the catalog", 19);
        assert_eq!(page, "   The gateway asks\n   the catalog");
    }

    #[test]
    fn a_word_wider_than_the_page_has_a_line_of_its_own() {
        assert_eq!(paragraph("an unbreakable word", 8), "   an\n   unbreakable\n   word");
    }
}
