//! The status codes of gRPC.

use std::fmt;

/// A [status code of gRPC](https://grpc.github.io/grpc/core/md_doc_statuscodes.html): one of these 17 and no other, so that its name can be a
/// metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum GrpcCode {
    /// `OK`, 0.
    Ok = 0,
    /// `CANCELLED`, 1: by the caller, as a rule.
    Cancelled = 1,
    /// `UNKNOWN`, 2. Also what a call has whose status is missing or malformed.
    Unknown = 2,
    /// `INVALID_ARGUMENT`, 3.
    InvalidArgument = 3,
    /// `DEADLINE_EXCEEDED`, 4.
    DeadlineExceeded = 4,
    /// `NOT_FOUND`, 5.
    NotFound = 5,
    /// `ALREADY_EXISTS`, 6.
    AlreadyExists = 6,
    /// `PERMISSION_DENIED`, 7.
    PermissionDenied = 7,
    /// `RESOURCE_EXHAUSTED`, 8.
    ResourceExhausted = 8,
    /// `FAILED_PRECONDITION`, 9.
    FailedPrecondition = 9,
    /// `ABORTED`, 10.
    Aborted = 10,
    /// `OUT_OF_RANGE`, 11.
    OutOfRange = 11,
    /// `UNIMPLEMENTED`, 12.
    Unimplemented = 12,
    /// `INTERNAL`, 13.
    Internal = 13,
    /// `UNAVAILABLE`, 14.
    Unavailable = 14,
    /// `DATA_LOSS`, 15.
    DataLoss = 15,
    /// `UNAUTHENTICATED`, 16.
    Unauthenticated = 16,
}

impl GrpcCode {
    /// All of them, in the order of their numbers.
    pub const ALL: [GrpcCode; 17] = [
        GrpcCode::Ok,
        GrpcCode::Cancelled,
        GrpcCode::Unknown,
        GrpcCode::InvalidArgument,
        GrpcCode::DeadlineExceeded,
        GrpcCode::NotFound,
        GrpcCode::AlreadyExists,
        GrpcCode::PermissionDenied,
        GrpcCode::ResourceExhausted,
        GrpcCode::FailedPrecondition,
        GrpcCode::Aborted,
        GrpcCode::OutOfRange,
        GrpcCode::Unimplemented,
        GrpcCode::Internal,
        GrpcCode::Unavailable,
        GrpcCode::DataLoss,
        GrpcCode::Unauthenticated,
    ];

    /// The code's name, such as `DEADLINE_EXCEEDED`.
    pub fn as_str(self) -> &'static str {
        match self {
            GrpcCode::Ok => "OK",
            GrpcCode::Cancelled => "CANCELLED",
            GrpcCode::Unknown => "UNKNOWN",
            GrpcCode::InvalidArgument => "INVALID_ARGUMENT",
            GrpcCode::DeadlineExceeded => "DEADLINE_EXCEEDED",
            GrpcCode::NotFound => "NOT_FOUND",
            GrpcCode::AlreadyExists => "ALREADY_EXISTS",
            GrpcCode::PermissionDenied => "PERMISSION_DENIED",
            GrpcCode::ResourceExhausted => "RESOURCE_EXHAUSTED",
            GrpcCode::FailedPrecondition => "FAILED_PRECONDITION",
            GrpcCode::Aborted => "ABORTED",
            GrpcCode::OutOfRange => "OUT_OF_RANGE",
            GrpcCode::Unimplemented => "UNIMPLEMENTED",
            GrpcCode::Internal => "INTERNAL",
            GrpcCode::Unavailable => "UNAVAILABLE",
            GrpcCode::DataLoss => "DATA_LOSS",
            GrpcCode::Unauthenticated => "UNAUTHENTICATED",
        }
    }

    /// The code's number, 0 to 16.
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The code with this number; [`Unknown`](GrpcCode::Unknown) if there is none.
    ///
    /// ```
    /// use tower_telemetry_semconv::GrpcCode;
    ///
    /// assert_eq!(GrpcCode::from_number(14), GrpcCode::Unavailable);
    /// assert_eq!(GrpcCode::from_number(99), GrpcCode::Unknown);
    /// ```
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(GrpcCode::Unknown)
    }

    /// The value of a `grpc-status` header: digits without a leading zero, and nothing else.
    pub(crate) fn of_header(value: &[u8]) -> Self {
        let number = match value {
            [digit @ b'0'..=b'9'] => digit - b'0',
            [b'1', digit @ b'0'..=b'9'] => 10 + (digit - b'0'),
            _ => return GrpcCode::Unknown,
        };
        Self::from_number(number)
    }
}

impl fmt::Display for GrpcCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_number_is_its_code_and_each_code_has_a_name_of_its_own() {
        let mut names = HashSet::new();
        for (number, code) in (0..).zip(GrpcCode::ALL) {
            assert_eq!(code.number(), number);
            assert_eq!(GrpcCode::from_number(number), code);
            assert_eq!(GrpcCode::of_header(number.to_string().as_bytes()), code);
            assert!(names.insert(code.to_string()));
        }
        assert_eq!(names.len(), 17);
    }

    #[test]
    fn a_malformed_status_is_unknown() {
        for value in [
            "", "00", "01", "0x", "-1", "+1", " 1", "1 ", "1,1", "17", "99", "100", "256", "OK", "\u{661}",
        ] {
            assert_eq!(GrpcCode::of_header(value.as_bytes()), GrpcCode::Unknown, "{value:?}");
        }
        assert_eq!(GrpcCode::of_header(b"\xff"), GrpcCode::Unknown);
    }
}
