//! Which headers carry credentials.

/// Headers that carry credentials. They are never captured.
pub(crate) const CREDENTIALS: [&str; 42] = [
    "api-key",
    "apikey",
    "authorization",
    "cf-access-client-secret",
    "cf-access-jwt-assertion",
    "cookie",
    "cookie2",
    "ocp-apim-subscription-key",
    "private-token",
    "proxy-authorization",
    "set-cookie",
    "set-cookie2",
    "x-access-token",
    "x-amz-security-token",
    "x-amzn-oidc-accesstoken",
    "x-amzn-oidc-data",
    "x-api-key",
    "x-api-token",
    "x-apikey",
    "x-auth",
    "x-auth-key",
    "x-auth-token",
    "x-authorization",
    "x-aws-ec2-metadata-token",
    "x-csrf-token",
    "x-csrftoken",
    "x-forwarded-access-token",
    "x-forwarded-authorization",
    "x-functions-key",
    "x-github-token",
    "x-gitlab-token",
    "x-goog-api-key",
    "x-goog-iap-jwt-assertion",
    "x-id-token",
    "x-original-authorization",
    "x-refresh-token",
    "x-secret-key",
    "x-session-token",
    "x-shopify-access-token",
    "x-subject-token",
    "x-vault-token",
    "x-xsrf-token",
];

/// Of each length, the first letters of the headers that carry credentials: nearly all other names are told from these by a look.
const LETTERS: [u32; 32] = {
    let mut letters = [0; 32];
    let mut at = 0;
    while at < CREDENTIALS.len() {
        let name = CREDENTIALS[at].as_bytes();
        letters[name.len() % 32] |= letter(name[0]);
        at += 1;
    }
    letters
};

const fn letter(byte: u8) -> u32 {
    1 << (byte % 32)
}

/// Whether a header of this name, in lower case, is known to carry credentials, such as `authorization`, `cookie` or `x-api-key`.
pub fn carries_credentials(name: &str) -> bool {
    let first = name.bytes().next().map_or(0, letter);
    LETTERS[name.len() % 32] & first != 0 && CREDENTIALS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_names_carry_no_credentials() {
        for name in [
            "",
            "host",
            "accept",
            "x-request-id",
            "user-agent",
            "cookies",
            "set-cookie3",
        ] {
            assert!(!carries_credentials(name), "{name}");
        }
    }
}
