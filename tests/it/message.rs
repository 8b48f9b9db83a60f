//! A *message* is an HTTP/1.1 request or response of the faulty portal.

use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _},
    net::TcpStream,
};

/// A request or a response: first line, headers and body.
pub(crate) struct Message {
    pub(crate) first: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    pub(crate) fn read(stream: &TcpStream) -> std::io::Result<Self> {
        let mut reader = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let first = lines.remove(0);
        let split = |line: &String| {
            let (name, value) = line.split_once(':').expect("a header has a name");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let headers: Vec<_> = lines.iter().map(split).collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(0, |(_, length)| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok(Self {
            first,
            headers,
            body,
        })
    }

    /// A response of the proxy itself.
    pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let header = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            first: format!("HTTP/1.1 {status} Faulty"),
            headers: headers.iter().map(header).collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// The bytes, and the offset of the body.
    pub(crate) fn bytes(&self) -> (Vec<u8>, usize) {
        let mut bytes = format!("{}\r\n", self.first).into_bytes();
        for (name, value) in &self.headers {
            if name != "content-length" && name != "connection" {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
        }
        let length = self.body.len();
        let end = format!("content-length: {length}\r\nconnection: close\r\n\r\n");
        bytes.extend_from_slice(end.as_bytes());
        let body = bytes.len();
        bytes.extend_from_slice(&self.body);
        (bytes, body)
    }

    /// Changes the page in the body.
    pub(crate) fn change_page(&mut self, change: impl FnOnce(&mut Value)) {
        if let Ok(mut page) = serde_json::from_slice(&self.body) {
            change(&mut page);
            self.body = page.to_string().into_bytes();
        }
    }
}
