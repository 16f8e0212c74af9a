//! The status that stands for an error.

use std::any::Any;
use std::error::Error;

use super::GrpcCode;
use crate::error_type::{first_cause, name};

/// The status of a service's or a body's error: its own, or that of the first cause that has one. `None` if there is none.
pub(crate) fn code_of(error: &dyn Any) -> Option<GrpcCode> {
    first_cause(error, |error| of_tonic(error).or_else(|| of_name(name(error)?)))
}

fn of_name(name: &str) -> Option<GrpcCode> {
    Some(match name {
        "timeout" => GrpcCode::DeadlineExceeded,
        "connect" => GrpcCode::Unavailable,
        "overloaded" => GrpcCode::ResourceExhausted,
        _ => return None,
    })
}

#[cfg(not(feature = "tonic"))]
fn of_tonic(_: &(dyn Error + 'static)) -> Option<GrpcCode> {
    None
}

/// As tonic shows it to the application, which is not told apart for a reset that is the connection's.
#[cfg(feature = "tonic")]
fn of_tonic(error: &(dyn Error + 'static)) -> Option<GrpcCode> {
    if let Some(status) = error.downcast_ref::<tonic::Status>() {
        return Some(GrpcCode::from_number(u8::try_from(i32::from(status.code())).ok()?));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        // A keep-alive that was not answered; a connection that went away while the request waited.
        return match (error.is_timeout(), error.is_canceled()) {
            (true, _) => Some(GrpcCode::Unavailable),
            (_, true) => Some(GrpcCode::Cancelled),
            _ => None,
        };
    }
    error.downcast_ref::<h2::Error>()?.reason().map(of_reset)
}

/// By [the mapping of gRPC](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors).
#[cfg(feature = "tonic")]
fn of_reset(reason: h2::Reason) -> GrpcCode {
    match reason {
        h2::Reason::REFUSED_STREAM => GrpcCode::Unavailable,
        h2::Reason::CANCEL => GrpcCode::Cancelled,
        h2::Reason::ENHANCE_YOUR_CALM => GrpcCode::ResourceExhausted,
        h2::Reason::INADEQUATE_SECURITY => GrpcCode::PermissionDenied,
        h2::Reason::NO_ERROR
        | h2::Reason::PROTOCOL_ERROR
        | h2::Reason::INTERNAL_ERROR
        | h2::Reason::FLOW_CONTROL_ERROR
        | h2::Reason::SETTINGS_TIMEOUT
        | h2::Reason::FRAME_SIZE_ERROR
        | h2::Reason::COMPRESSION_ERROR
        | h2::Reason::CONNECT_ERROR => GrpcCode::Internal,
        _ => GrpcCode::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn errors_that_are_told_apart_have_a_status() {
        let rows = [
            (io::ErrorKind::TimedOut, Some(GrpcCode::DeadlineExceeded)),
            (io::ErrorKind::ConnectionRefused, Some(GrpcCode::Unavailable)),
            (io::ErrorKind::ConnectionReset, None),
        ];
        for (kind, code) in rows {
            assert_eq!(code_of(&io::Error::from(kind)), code);
            let boxed: Box<dyn Error + Send + Sync> = Box::new(io::Error::from(kind));
            assert_eq!(code_of(&boxed), code);
        }
        assert_eq!(code_of(&"an error"), None);
    }

    #[cfg(feature = "tonic")]
    #[test]
    fn tonics_errors_have_the_status_that_the_application_sees() {
        assert_eq!(code_of(&tonic::Status::data_loss("gone")), Some(GrpcCode::DataLoss));
        let inner: Box<dyn Error + Send + Sync> = Box::new(tonic::Status::not_found("no"));
        assert_eq!(code_of(&io::Error::other(inner)), Some(GrpcCode::NotFound));
        let boxed: Box<dyn Error + Send + Sync> = Box::new(tonic::TimeoutExpired(()));
        assert_eq!(code_of(&boxed), Some(GrpcCode::DeadlineExceeded));
        let refused: Box<dyn Error + Send + Sync> = Box::new(tonic::ConnectError("refused".into()));
        assert_eq!(code_of(&refused), Some(GrpcCode::Unavailable));
        let reset: Box<dyn Error + Send + Sync> = Box::new(h2::Error::from(h2::Reason::REFUSED_STREAM));
        assert_eq!(code_of(&reset), Some(GrpcCode::Unavailable));
    }
}
