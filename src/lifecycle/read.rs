//! Reads the lifecycle of a user from its declaration.

use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::{Leaver, Lifecycle},
    source::{Place, Source},
    yaml::Node,
};
use jiff::civil::Date;
use std::sync::Arc;

/// The lifecycle that a user declares; nothing for most users. What the schema refuses isn't reported again.
pub fn read(source: &Arc<Source>, body: &Node, report: &mut Report) -> Option<Box<Lifecycle>> {
    let named = ["starts", "ends", "leaver"];
    if !named.iter().any(|name| body.get(source, name).is_some()) {
        return None;
    }
    let mut day = |path: &str| {
        let node = body.find(source, path)?;
        let text = node.filled(source)?;
        let day: Option<Date> = text.parse().ok();
        if day.is_none() && is_written_as_day(text) {
            let message = format!("`{text}` is not a day of any month");
            let place = Place::new(source, node.span);
            report.add(Diagnostic::new(Rule::InvalidValue, place, message));
        }
        day
    };
    let (starts, ends, until) = (day("starts"), day("ends"), day("leaver.until"));
    let successor = body.find(source, "leaver.successor");
    let successor = successor.and_then(|node| node.filled(source));
    let leaver = successor.zip(until).map(|(successor, until)| Leaver {
        successor: successor.into(),
        until,
    });
    Some(Box::new(Lifecycle {
        starts,
        ends,
        leaver,
    }))
}

/// Whether a text has the form of a day, as the schema asks.
fn is_written_as_day(text: &str) -> bool {
    let mut parts = text.split('-').map(str::len);
    parts.by_ref().take(3).eq([4, 2, 2]) && parts.next().is_none()
}
