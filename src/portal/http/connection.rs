//! A *connection failure* is the reason why a connection couldn't be established, or broke. It is
//! determined from the types of the errors, never from their texts.

use super::plain;
use rustls::CertificateError;
use std::{error::Error as StdError, io};

/// The reason why a connection couldn't be established, or broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionFailure {
    /// The host name can't be resolved.
    Dns,
    /// No server listens on the port.
    Refused,
    /// There is no route to the host.
    NoRoute,
    /// The connection or the answer took too long.
    Timeout,
    /// The server doesn't use TLS on the port.
    NotTls,
    /// TLS can't be established.
    Tls(TlsFailure),
    /// The connection was closed before the answer was complete.
    Interrupted,
    /// Any other reason.
    Other,
}

/// The reason why TLS can't be established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFailure {
    /// This machine doesn't trust the issuer of the certificate.
    UnknownIssuer,
    /// The certificate is for another host.
    WrongHost,
    /// The certificate has expired, or isn't valid yet.
    Expired,
    /// The certificate is invalid for any other reason.
    Certificate,
    /// The handshake failed.
    Handshake,
}

impl ConnectionFailure {
    /// Classifies the failure of a request that was sent, or could have been.
    pub(super) fn classify(error: &reqwest::Error) -> Self {
        if error.is_dns() {
            return Self::Dns;
        }
        if error.is_timeout() {
            return Self::Timeout;
        }
        let found = causes(error).find_map(|cause| {
            let tls = cause.downcast_ref::<rustls::Error>().map(Self::of_tls);
            tls.or_else(|| Self::of_io(cause.downcast_ref::<io::Error>()?))
        });
        match found {
            Some(failure) => failure,
            None if error.is_connect() => Self::Other,
            None => Self::Interrupted,
        }
    }

    fn of_io(error: &io::Error) -> Option<Self> {
        // The inner error, such as that of the TLS library, isn't the cause of an I/O error.
        let inner = error.get_ref().and_then(|inner| {
            let tls = inner.downcast_ref().map(Self::of_tls);
            tls.or_else(|| Self::of_io(inner.downcast_ref()?))
        });
        inner.or_else(|| Self::of_kind(error.kind()))
    }

    fn of_kind(kind: io::ErrorKind) -> Option<Self> {
        match kind {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Some(Self::NoRoute)
            }
            io::ErrorKind::TimedOut => Some(Self::Timeout),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof => Some(Self::Interrupted),
            _ => None,
        }
    }

    fn of_tls(error: &rustls::Error) -> Self {
        match error {
            // A server without TLS answers the handshake with text.
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            rustls::Error::InvalidCertificate(error) => Self::Tls(match error {
                CertificateError::UnknownIssuer => TlsFailure::UnknownIssuer,
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => TlsFailure::WrongHost,
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => TlsFailure::Expired,
                _ => TlsFailure::Certificate,
            }),
            _ => Self::Tls(TlsFailure::Handshake),
        }
    }
}

fn causes<'e>(error: &'e reqwest::Error) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    let first: &'e (dyn StdError + 'static) = error;
    std::iter::successors(Some(first), |&error| error.source())
}

/// The text of the innermost cause of a failed request. The outer errors only repeat the address.
pub(super) fn cause(error: &reqwest::Error) -> String {
    match causes(error).last() {
        Some(cause) if !cause.is::<reqwest::Error>() => plain(&cause.to_string()),
        _ => "the request failed".to_owned(), // its text would contain the whole address
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectionFailure, TlsFailure};
    use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};
    use std::io;

    #[test]
    fn errors_of_the_system_are_classified_by_their_kind() {
        for (kind, expected) in [
            (
                io::ErrorKind::ConnectionRefused,
                Some(ConnectionFailure::Refused),
            ),
            (
                io::ErrorKind::HostUnreachable,
                Some(ConnectionFailure::NoRoute),
            ),
            (
                io::ErrorKind::NetworkUnreachable,
                Some(ConnectionFailure::NoRoute),
            ),
            (io::ErrorKind::TimedOut, Some(ConnectionFailure::Timeout)),
            (
                io::ErrorKind::ConnectionReset,
                Some(ConnectionFailure::Interrupted),
            ),
            (io::ErrorKind::PermissionDenied, None),
        ] {
            // The text is misleading on purpose: it must not be read.
            let error = io::Error::new(kind, "invalid certificate: name lookup refused");
            assert_eq!(ConnectionFailure::of_io(&error), expected, "{kind:?}");
            assert_eq!(ConnectionFailure::of_io(&kind.into()), expected, "{kind:?}");
        }
    }

    #[test]
    fn errors_of_tls_are_found_inside_errors_of_the_system() {
        let certificate = Error::InvalidCertificate;
        for (error, expected) in [
            (
                Error::InvalidMessage(InvalidMessage::InvalidContentType),
                ConnectionFailure::NotTls,
            ),
            (
                certificate(CertificateError::UnknownIssuer),
                ConnectionFailure::Tls(TlsFailure::UnknownIssuer),
            ),
            (
                certificate(CertificateError::NotValidForName),
                ConnectionFailure::Tls(TlsFailure::WrongHost),
            ),
            (
                certificate(CertificateError::Expired),
                ConnectionFailure::Tls(TlsFailure::Expired),
            ),
            (
                certificate(CertificateError::NotValidYet),
                ConnectionFailure::Tls(TlsFailure::Expired),
            ),
            (
                certificate(CertificateError::Revoked),
                ConnectionFailure::Tls(TlsFailure::Certificate),
            ),
            (
                Error::AlertReceived(AlertDescription::ProtocolVersion),
                ConnectionFailure::Tls(TlsFailure::Handshake),
            ),
        ] {
            let error = io::Error::new(io::ErrorKind::InvalidData, error);
            assert_eq!(ConnectionFailure::of_io(&error), Some(expected), "{error}");
            let outer = io::Error::other(error);
            assert_eq!(ConnectionFailure::of_io(&outer), Some(expected), "{outer}");
        }
    }
}
