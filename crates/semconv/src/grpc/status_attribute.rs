//! Under which name a status is recorded.

/// The attribute that a gRPC call's status is recorded as. The conventions are about to rename it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StatusAttribute {
    /// `rpc.response.status_code`, the name of the released conventions.
    #[default]
    ResponseStatusCode,
    /// `rpc.status_code`, the coming one.
    StatusCode,
    /// Both, for as long as dashboards are moved.
    Both,
}

impl StatusAttribute {
    /// As `OTEL_SEMCONV_STABILITY_OPT_IN` says, a list with commas: `rpc` for the coming name, `rpc/dup` for both.
    pub(crate) fn from_env() -> Self {
        std::env::var("OTEL_SEMCONV_STABILITY_OPT_IN").map_or(Self::default(), |list| Self::from_list(&list))
    }

    fn from_list(list: &str) -> Self {
        let has = |word| list.split(',').any(|item| item.trim() == word);
        // Where both are given, this one comes first.
        if has("rpc/dup") {
            StatusAttribute::Both
        } else if has("rpc") {
            StatusAttribute::StatusCode
        } else {
            StatusAttribute::ResponseStatusCode
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environments_list_opts_in() {
        let rows = [
            ("", StatusAttribute::ResponseStatusCode),
            ("http,database", StatusAttribute::ResponseStatusCode),
            ("rpc", StatusAttribute::StatusCode),
            ("http, rpc ,database", StatusAttribute::StatusCode),
            ("rpc/dup", StatusAttribute::Both),
            ("rpc,rpc/dup", StatusAttribute::Both),
            ("RPC", StatusAttribute::ResponseStatusCode),
            ("rpcs", StatusAttribute::ResponseStatusCode),
        ];
        for (list, attribute) in rows {
            assert_eq!(StatusAttribute::from_list(list), attribute, "{list:?}");
        }
    }
}
