//! Texts with secrets in them: the same ones in every run.

use tower_telemetry_testkit::Random;
/// Looked for in any case, since some secrets have letters of one case alone.
pub(crate) use tower_telemetry_tests::SECRET as CANARY;

/// A card's number as it may be spelled: enough of it that no id looks the same.
const CARDS: [&str; 4] = ["4111111111111", "4111 1111", "4111-1111", "4111+1111"];

pub(crate) fn holds_canary(written: &str) -> bool {
    let written = written.to_ascii_lowercase();
    written.contains(CANARY) || CARDS.iter().any(|card| written.contains(card))
}

/// Makes them.
pub(crate) struct Texts(Random);

impl Texts {
    pub(crate) fn new() -> Self {
        Texts(Random::new(0x5eed_5eed_5eed_5eed))
    }

    pub(crate) fn word(&mut self) -> String {
        let len = self.0.below(6);
        let letters = b"abcxyz019-_.~";
        (0..len).map(|_| char::from(self.0.pick(letters))).collect()
    }

    /// A key of the conventions' list, in any spelling.
    fn listed_key(&mut self) -> String {
        let key = self.0.pick(&[
            "sig",
            "Signature",
            "X-Amz-Signature",
            "AWSAccessKeyId",
            "X-Goog-Signature",
        ]);
        self.spelled(key, 4)
    }

    /// A text with one in so many of its bytes percent-encoded, once or twice.
    fn spelled(&mut self, text: &str, one_in: usize) -> String {
        let spell = |byte: u8| match self.0.below(one_in * 2) {
            0 => format!("%{byte:02x}"),
            1 => format!("%25{byte:02X}"),
            _ => char::from(byte).to_string(),
        };
        text.bytes().map(spell).collect()
    }

    /// Now and then so much that a text is cut close behind.
    fn padding(&mut self) -> String {
        match self.0.below(4) {
            0 => "x".repeat(950 + self.0.below(100)),
            _ => String::new(),
        }
    }

    pub(crate) fn query(&mut self) -> String {
        let mut pairs: Vec<_> = (0..self.0.below(3))
            .map(|_| format!("{}={}", self.word(), self.word()))
            .collect();
        let separator = self.0.pick(&["", "a;", "a?", "a=b;"]);
        let mut planted = format!(
            "{separator}{}={}{CANARY}{}",
            self.listed_key(),
            self.word(),
            self.word()
        );
        if self.0.below(4) == 0 {
            // A link to go on to, as a value.
            let link = planted.replace('%', "%25").replace('=', "%3D");
            planted = format!("next=https%3A%2F%2Fh%2F%3Fa%3Db%26{link}");
        }
        pairs.insert(self.0.below(pairs.len() + 1), planted);
        pairs.insert(0, self.padding());
        pairs.join("&")
    }

    pub(crate) fn path(&mut self) -> String {
        match self.0.below(3) {
            0 => format!("/{}/reset/{CANARY}{}", self.word(), self.word()),
            1 => format!("/{};{}={CANARY}/{}", self.word(), self.listed_key(), self.word()),
            _ => format!("/{}", self.word()),
        }
    }

    pub(crate) fn url(&mut self) -> String {
        let user = self.0.pick(&["", "c4n4ry@", "u:c4n4ry@", "c4n4ry:@", "a@c4n4ry@"]);
        format!(
            "https://{user}{}host{}?{}",
            self.word().replace(['_', '~'], ""),
            self.path(),
            self.query()
        )
    }

    /// A text in which a secret with a form of its own stands.
    pub(crate) fn error(&mut self) -> String {
        let secret = match self.0.below(7) {
            0 => format!("Bearer {CANARY}{}", self.word()),
            1 => format!("eyJ{CANARY}.eyJ9{}.x", self.word()),
            2 => format!("{CANARY}{}@example.com", self.word()),
            3 => "AKIAC4N4RYIOSFODNN7X".to_owned(),
            4 => "wJalrXUtnFEMI/K7MDENG/bPxRfic4n4ryAMPLEK".to_owned(),
            5 => self
                .0
                .pick(&["4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111"])
                .to_owned(),
            _ => return format!("{}{} {}", self.padding(), self.word(), self.url()),
        };
        // As it is, or as it stands in a query.
        let secret = match self.0.below(3) {
            0 => secret,
            1 => format!("q={}", secret.replace(' ', "+")),
            _ => [' ', '@', '/'].iter().fold(format!("q%3D{secret}"), |secret, sign| {
                secret.replace(*sign, &format!("%{:02X}", u32::from(*sign)))
            }),
        };
        let before = self.0.pick(&["", "no user", "é\n\u{1b}[31m", "x=(", "a\tb"]);
        format!("{}{} {before} {secret} {}", self.padding(), self.word(), self.word())
    }

    pub(crate) fn baggage_key(&mut self) -> &'static str {
        self.0.pick(&["password", "a.secret"])
    }

    pub(crate) fn credential_key(&mut self) -> &'static str {
        self.0.pick(&[
            "db.password",
            "session.token",
            "client_secret",
            "x-api-key",
            "http.request.header.cookie",
            "Authorization",
        ])
    }
}
