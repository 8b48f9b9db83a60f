//! What a valid request *does*, by the form of its path: an object, a collection, or something else, which
//! is answered by the document's example.

use super::{
    Answered, Asked, Bucket, Habit, Manners, Put, check,
    document::{Document, Operation, Route},
    form::encoded,
    page,
    store::{Object, Store, collection_of, merge},
};
use serde_json::{Value as Json, json};

/// Why a request is refused that the portal doesn't have.
const LACKS: &str = "the portal lacks the request";

/// What the fake is made of.
pub(crate) struct World {
    document: Document,
    /// The portal's own document, which judges too.
    published: Option<Document>,
    manners: Manners,
    bucket: Option<Bucket>,
    pub(super) store: Store,
}

/// A request for which the document has an operation.
struct Call<'w> {
    route: &'w Route,
    operation: &'w Operation,
    asked: &'w Asked,
    sent: &'w Json,
}

impl World {
    pub(super) fn new(document: Json, manners: Manners) -> Self {
        Self {
            document: Document::read(document),
            published: None,
            bucket: manners.rate.map(|(burst, rate)| Bucket::new(burst, rate)),
            manners,
            store: Store::default(),
        }
    }

    /// The same, where the portal's own document judges too.
    pub(super) fn judged(self, published: Option<Json>) -> Self {
        let published = published.map(Document::read);
        Self { published, ..self }
    }

    pub(super) fn answer(&mut self, asked: &mut Asked) -> Answered {
        let Self {
            document,
            published,
            manners,
            bucket,
            store,
        } = self;
        let asked = &*asked;
        let is_too_fast = bucket
            .as_mut()
            .is_some_and(|bucket| bucket.take().is_none());
        let found = document.find(&asked.path);
        let operation = found
            .as_ref()
            .and_then(|(route, _)| route.operations.get(&asked.method));
        let mut sent = Json::Null;
        let answered = match (&found, operation) {
            _ if is_too_fast => Err((429, "too many requests".to_owned())),
            (None, _) => Err((404, "there is no such path".to_owned())),
            (Some((route, _)), _) if manners.lacks(&asked.method, &route.template) => {
                Err((404, LACKS.to_owned()))
            }
            (Some(_), None) => Err((405, "there is no such method".to_owned())),
            (Some((route, values)), Some(operation)) => {
                check::checked(operation, values, asked, manners.tokens).and_then(|body| {
                    sent = body;
                    let call = Call {
                        route,
                        operation,
                        asked,
                        sent: &sent,
                    };
                    call.act(document, manners, store)
                })
            }
        };
        let mut answered = match answered {
            Ok(answered) => answered,
            Err((status, fault)) => {
                let lacks = (fault == LACKS).then(|| manners.lacks.1.clone());
                let own = || manners.error.map(|error| error(status, &fault));
                let own = lacks.or_else(own);
                let example = || operation.map(|operation| operation.example(status));
                let body = own.or_else(example).unwrap_or_default();
                Answered {
                    status,
                    body,
                    fault: Some(fault),
                    ..Answered::default()
                }
            }
        };
        if answered.fault.as_deref() != Some(LACKS) {
            let of_own = operation.map(|operation| operation.lies(&answered));
            answered.lies = of_own.unwrap_or_default();
            let published = published.iter();
            let objections =
                published.flat_map(|published| objections(published, asked, &answered));
            answered.lies.extend(objections.collect::<Vec<_>>());
        }
        answered.sent = sent;
        answered
    }
}

/// What the portal's own document finds wrong with a request that was granted, and with the answer.
fn objections(published: &Document, asked: &Asked, answered: &Answered) -> Vec<String> {
    let found = published.find(&asked.path);
    let operation = found
        .as_ref()
        .and_then(|(route, values)| Some((route.operations.get(&asked.method)?, values)));
    let told = match operation {
        None if answered.fault.is_none() => vec!["it has no such request".to_owned()],
        None => Vec::new(),
        Some((operation, values)) => {
            let checked = check::checked(operation, values, asked, &[]);
            let refused = checked.err().filter(|_| answered.fault.is_none());
            let refused = refused.map(|(status, fault)| format!("{status} {fault}"));
            refused
                .into_iter()
                .chain(operation.lies(answered))
                .collect()
        }
    };
    let told = told.into_iter();
    told.map(|one| format!("the published document: {one}"))
        .collect()
}

/// An object as it is returned.
fn shown(object: &Object, habit: &Habit) -> Json {
    let fields = object.fields.iter();
    let shown = fields.filter(|(name, _)| !habit.hides.contains(&&***name));
    let shown = shown.map(|(name, value)| (name.clone(), value.clone()));
    Json::Object(shown.collect())
}

/// Why there is no answer of success: the status and words for the test.
type Outcome = Result<Answered, check::Fault>;

impl Call<'_> {
    fn act(&self, document: &Document, manners: &Manners, store: &mut Store) -> Outcome {
        if let Some(collection) = document.collection_above(self.route) {
            return self.on_object(&manners.habit(&collection.template), manners, store);
        }
        let Some((_, parameter)) = document.item_below(self.route) else {
            return Ok(self.further(manners, store));
        };
        let habit = manners.habit(&self.route.template);
        self.check_parent(document, manners, store)?;
        match &*self.asked.method {
            "GET" => {
                let rows = store.list(&self.asked.path);
                let rows = rows.iter().map(|row| shown(row, &habit)).collect();
                let mut answered = self.example(&[200]);
                if !manners.conjures {
                    answered.body = page::of(rows, self.asked, manners, answered.body);
                }
                Ok(answered)
            }
            "POST" => self.create(habit.key.unwrap_or(parameter), &habit, manners, store),
            _ => Ok(self.example(&[])),
        }
    }

    /// A count, an action, a look-up or a login.
    fn further(&self, manners: &Manners, store: &Store) -> Answered {
        let mut answered = self.example(&[]);
        let mut known = manners.answers.iter();
        if let Some((_, answer)) = known.find(|(path, _)| *path == self.asked.path) {
            answered.body = answer.clone();
        } else if let Some(collection) = self.asked.path.strip_suffix("/count")
            && let Some(total) = answered.body.get_mut("total")
        {
            *total = store.count(collection).into();
        }
        answered
    }

    /// The example of a success.
    fn example(&self, preferred: &[u16]) -> Answered {
        let status = self.operation.success(preferred);
        Answered {
            status,
            body: self.operation.example(status),
            ..Answered::default()
        }
    }

    /// A collection exists if the object above it does.
    fn check_parent(
        &self,
        document: &Document,
        manners: &Manners,
        store: &Store,
    ) -> Result<(), check::Fault> {
        let parent = collection_of(&self.asked.path);
        let above = document.find(parent);
        let above = above.and_then(|(route, _)| document.collection_above(route));
        match above.is_some() && !manners.conjures && store.get(parent).is_none() {
            true => Err((404, format!("there is no {parent}"))),
            false => Ok(()),
        }
    }

    fn create(&self, key: &str, habit: &Habit, manners: &Manners, store: &mut Store) -> Outcome {
        let mut fields = self.sent.as_object().cloned().unwrap_or_default();
        let is_synchronous = fields
            .shift_remove("synchronous")
            .is_some_and(|value| value == "yes");
        let serial = store.next_serial();
        if let Some(makes) = habit.makes {
            makes(&mut fields, serial);
        }
        let name = fields.entry(key).or_insert_with(|| serial.into());
        let name = name.as_str().map_or_else(|| name.to_string(), encoded);
        let path = format!("{}/{name}", self.asked.path);
        let is_taken = store.get(&path).is_some() || store.collides(&path, &fields, habit.unique);
        if is_taken && !manners.conjures {
            return Err((
                409,
                format!("{path} exists, or what it shares with another"),
            ));
        }
        if let Some(keeps_as) = habit.keeps_as {
            keeps_as(&mut fields);
        }
        if !manners.conjures {
            store.put(&path, fields);
            habit.follow(store, &path);
        }
        match (manners.lag, store.get(&path)) {
            (Some(lag), Some(_)) if !is_synchronous => {
                store.delay(&path, None, lag);
                Ok(self.example(&[202]))
            }
            (_, Some(_)) if self.operation.success(&[201, 200]) == 202 => {
                store.delay(&path, None, manners.lag.unwrap_or_default());
                Ok(self.example(&[202]))
            }
            (_, Some(object)) => Ok(self.whole(object, habit, &[201, 200], manners)),
            (_, None) => Ok(self.example(&[201, 200])),
        }
    }

    /// An object as an answer.
    fn whole(
        &self,
        object: &Object,
        habit: &Habit,
        preferred: &[u16],
        manners: &Manners,
    ) -> Answered {
        let status = self.operation.success(preferred);
        // What is hidden later is told once, when it is made.
        let body = match (status, &*self.asked.method) {
            (204, _) => Json::Null,
            (_, "POST") => object.fields.clone().into(),
            // A document may say that the answer is a list of one.
            _ if self.operation.example(status).is_array() => json!([shown(object, habit)]),
            _ => shown(object, habit),
        };
        let etag = || ("etag", format!("\"{}\"", object.revision));
        Answered {
            status,
            body,
            headers: manners.has_etags.then(etag).into_iter().collect(),
            ..Answered::default()
        }
    }

    fn on_object(&self, habit: &Habit, manners: &Manners, store: &mut Store) -> Outcome {
        let path = &self.asked.path;
        if manners.conjures {
            return Ok(self.example(&[]));
        }
        let missing = || (404, format!("there is no {path}"));
        if self.asked.method == "GET" {
            let seen = store.see(path).ok_or_else(missing)?;
            return Ok(self.whole(&seen, habit, &[200], manners));
        }
        let Some(object) = store.get(path).cloned() else {
            return Err(missing());
        };
        let lag = manners.lag.unwrap_or_default();
        if manners.has_etags && self.asked.is_stale(&object.revision.to_string()) {
            return Err((412, format!("{path} has changed")));
        }
        if self.asked.method == "DELETE" {
            if let Some(reason) = habit
                .needed_for
                .and_then(|needed_for| needed_for(store, path))
            {
                return Err((409, reason));
            }
            store.remove(path);
            habit.follow(store, path);
            store.delay(path, Some(object), lag);
            return Ok(self.example(&[202, 204, 200]));
        }
        let mut fields = match manners.put == Put::Merges || self.asked.method == "PATCH" {
            true => object.fields.clone(),
            false => {
                let kept = object.fields.iter();
                let kept = kept.filter(|(name, _)| habit.keeps.contains(&&***name));
                kept.map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            }
        };
        let mut sent = self.sent.as_object().cloned().unwrap_or_default();
        sent.shift_remove("synchronous");
        merge(&mut fields, &sent);
        if let Some(keeps_as) = habit.keeps_as {
            keeps_as(&mut fields);
        }
        if store.collides(path, &fields, habit.unique) {
            return Err((409, format!("{path} would share what is unique")));
        }
        store.put(path, fields);
        habit.follow(store, path);
        store.delay(path, Some(object), lag);
        match (manners.lag, store.get(path)) {
            (None, Some(object)) => Ok(self.whole(object, habit, &[200, 204], manners)),
            _ => Ok(self.example(&[202])),
        }
    }
}
