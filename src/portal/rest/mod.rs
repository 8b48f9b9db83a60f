//! *REST* is what the adapters of REST APIs share: objects that consist of JSON documents, listed in pages,
//! changed one document at a time. It knows no portal.
//!
//! | module | noun |
//! |---|---|
//! | [`dialect`] | what is particular to one API, without I/O: how to write a request, what an answer means |
//! | [`list`] | all pages of a collection, read until they are consistent |
//! | [`settle`] | one change, sent until its outcome is known |
//! | [`cache`] | the documents that have been read, and the index of their relations |
//! | [`store`] | the documents of a portal: read, list, find |
//! | [`writer`] | one change of an object: create, edit and delete its documents |
//! | [`table`] | which field of a document contains which field of the model |
//! | [`documents`] | an adapter reduced to what is its own; the rest of the trait `Portal` follows |
//! | [`details`] | the documents to read for declared fields |
//! | [`oauth`] | the login of portals with OAuth |
//! | [`guarded`] | a connection that sends only what is allowed |
//! | [`groups`] | groups whose documents contain their members |
//! | [`spending`] | what a run may cost |
//! | [`secret`] | the version of a secret beside it |
//! | [`codec`] | how a value of the model is represented in a document |
//! | [`doc`] | a JSON document: paths, differences, merges |

pub mod cache;
pub mod codec;
pub mod details;
mod detected;
pub mod dialect;
pub mod doc;
pub mod documents;
mod fingerprint;
pub mod groups;
pub mod guarded;
pub mod list;
mod lock;
pub mod oauth;
pub mod record;
pub mod secret;
pub mod session;
pub mod settle;
pub mod spending;
pub mod store;
pub mod table;
pub mod writer;

pub use cache::{Cache, Document, Entry, Index, Owned, Relation};
pub use codec::Codec;
pub use detected::Detected;
pub use dialect::{Collection, Dialect, Link, Op, Page};
pub use doc::Doc;
pub use documents::Documents;
pub use fingerprint::Fingerprint;
pub use groups::{Groups, Membership};
pub use guarded::Guarded;
pub use oauth::PasswordGrant;
pub use session::Session;
pub use store::{CacheOf, Store};
pub use table::{RawFields, Row, Table};
pub use writer::{Elements, Writer};
