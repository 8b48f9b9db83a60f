//! Files are parsed in *parallel*: several at once, and a large one in [pieces](super::piece).

use super::{
    Node,
    parse::{parse, parse_piece},
    piece::{Piece, join, pieces},
};
use crate::{diagnostic::Report, source::Source};
use std::{
    num::NonZeroUsize,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// The size of a piece, in bytes. It takes a few milliseconds to parse.
const PIECE: usize = 256 << 10;

/// Parses files. Errors are added to `report` in the order of the files. Nodes and errors are those of [`parse`].
pub fn parse_all(sources: &[Arc<Source>], report: &mut Report) -> Vec<Node> {
    let total: usize = sources.iter().map(|source| source.text().len()).sum();
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    if total < 2 * PIECE || threads == 1 {
        let sources = sources.iter();
        return sources.map(|source| parse(source, report)).collect();
    }
    let files: Vec<File<'_>> = sources.iter().map(|one| File::new(one, PIECE)).collect();
    let numbered = files.iter().flat_map(|file| {
        let tasks = 0..file.pieces.len().max(1);
        tasks.map(move |task| (file, task))
    });
    let tasks: Vec<(&File<'_>, usize)> = numbered.collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads.min(tasks.len()) {
            scope.spawn(|| {
                while let Some((file, task)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    file.run(*task);
                }
            });
        }
    });
    files.into_iter().map(|file| file.finish(report)).collect()
}

/// A file that is being parsed.
struct File<'s> {
    source: &'s Arc<Source>,
    /// None if it is parsed as a whole.
    pieces: Vec<Piece>,
    /// The node of each piece.
    nodes: Vec<OnceLock<Node>>,
    whole: OnceLock<(Node, Report)>,
    /// Whether a piece isn't what it looked like, so that the others are of no use.
    is_doubtful: AtomicBool,
}

impl<'s> File<'s> {
    fn new(source: &'s Arc<Source>, size: usize) -> Self {
        let divided = pieces(source.text(), size).filter(|pieces| pieces.len() > 1);
        let pieces = divided.unwrap_or_default();
        Self {
            source,
            nodes: pieces.iter().map(|_| OnceLock::new()).collect(),
            pieces,
            whole: OnceLock::new(),
            is_doubtful: AtomicBool::new(false),
        }
    }

    /// Parses one piece, or the whole file.
    fn run(&self, task: usize) {
        let Some(piece) = self.pieces.get(task) else {
            let mut report = Report::default();
            let node = parse(self.source, &mut report);
            drop(self.whole.set((node, report)));
            return;
        };
        if self.is_doubtful.load(Ordering::Relaxed) {
            return;
        }
        match parse_piece(self.source, piece) {
            Some(node) => drop(self.nodes[task].set(node)),
            None => self.is_doubtful.store(true, Ordering::Relaxed),
        }
    }

    fn finish(self, report: &mut Report) -> Node {
        if let Some((node, own)) = self.whole.into_inner() {
            report.extend(own);
            return node;
        }
        let nodes: Option<Vec<Node>> = self.nodes.into_iter().map(OnceLock::into_inner).collect();
        nodes
            .and_then(|nodes| join(self.source, &self.pieces, nodes))
            .unwrap_or_else(|| parse(self.source, report))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{lines, parse::parse_any},
        File, Node, Report, Source, parse,
    };
    use proptest::{collection::vec, prelude::*, sample::select};
    use std::{path::Path, sync::Arc};
    use walkdir::WalkDir;

    /// Everything that a parse tells, the hidden parts of the source too.
    fn told(source: &Arc<Source>, node: &Node, report: &Report) -> String {
        let whole = crate::source::Span::new(0, u32::try_from(source.text().len()).unwrap());
        format!("{node:?} {:?} {}", report.sorted(), source.redacted(whole))
    }

    /// Compares a parse in pieces of a size, and one of the whole file, with that of the general parser. Returns whether
    /// it was really divided.
    fn compare(text: &str, size: usize) -> bool {
        let source = || Source::new("a.yaml", text);
        let told_by = |parse: fn(&Arc<Source>, &mut Report) -> Node| {
            let (source, mut report) = (source(), Report::default());
            let node = parse(&source, &mut report);
            told(&source, &node, &report)
        };
        let expected = told_by(parse_any);
        assert_eq!(told_by(parse), expected, "{text}");
        let divided = source();
        let file = File::new(&divided, size);
        (0..file.pieces.len().max(1)).for_each(|task| file.run(task));
        let is_divided = !file.nodes.is_empty() && file.nodes.iter().all(|one| one.get().is_some());
        let mut report = Report::default();
        let node = file.finish(&mut report);
        assert_eq!(told(&divided, &node, &report), expected, "{text}");
        is_divided
    }

    /// Whether a file is read without the general parser.
    fn is_of_lines(text: &str) -> bool {
        let source = Source::new("a.yaml", text);
        let read = lines::read(&source, 0..text.len(), false);
        read.is_some_and(|(_, end)| end == text.len())
    }

    #[test]
    fn every_example_and_fixture_in_pieces_is_the_same() {
        let (mut divided, mut of_lines) = (0, 0);
        for folder in ["examples", "fixtures"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let files = WalkDir::new(folder).into_iter().filter_map(Result::ok);
            for file in files.filter(|file| file.file_type().is_file()) {
                let Ok(text) = std::fs::read_to_string(file.path()) else {
                    continue;
                };
                if text.len() < 1 << 16 {
                    of_lines += usize::from(is_of_lines(&text));
                    divided += [1, 100, 1000]
                        .map(|size| compare(&text, size))
                        .iter()
                        .filter(|one| **one)
                        .count();
                }
            }
        }
        assert!(divided > 300, "{divided} files were divided");
        assert!(of_lines > 100, "{of_lines} files were read line by line");
    }

    #[test]
    fn what_follows_a_piece_is_part_of_its_proof() {
        let plain = "---\n# people\nusers:\n  a:\n    n: 1\n\n  # b\n  b: { n: 2 }\n  c:\n  \"d\": \n\n# more\nnumbers:\n    +1:\n    +2: { a: b }\n    # end\nscopes:\n  x:\n    - 1\n# end\n";
        assert!(compare(plain, 1));
        assert!(compare(&plain.replace('\n', "\r\n"), 1));
        for text in [
            "users:\n  a: \"x\n  b: y\n  c: z\"\n",
            "users:\n  a: |\n    x\n  b: >-\n   y\n\n  c:\n",
            "users: |\n  a:\n  b:\n  c:\n",
            "users:\n  a: {\n  b: {}\n  }\n  c:\n",
            "users: {\n  a: 1,\n  b: {}\n  }\n",
            "users: [\n  a: {},\n  b: {}\n  ]\n",
            "users:\n  a: &x { n: 1 }\n  b:\n  c: *x\n",
            "users:\n  a: 1\n  b: 2\n  a:\n  c:\n",
            "users:\n  a: 1\nusers:\n  b: 1\n  c:\n",
            "users:\n  a: 1\n  b:\n  <<: { n: 1 }\n  c:\n",
            "users:\n  a: 1\n  b: !t 2\n  c:\n",
            "users:\n  a: 1\r  x: 2\n  b:\rnumbers:\n  c:\n",
            "users:\n  - 1\n  b:\n  - 2\n  c:\n",
            "users:\n  a:\n  b:\n c:\n  d:\n",
            "users:\n  a:\n  pasted\n  b:\n  c:\n",
            "users:\n  a: 1\n\tb: 2\n  c:\n",
            "users:\n  a: 1\n...\n  c:\n",
            "users:\n  a: 1\n---\nnumbers:\n  c:\n",
            "users:\n  ? a\n  : 1\n  b:\n  c:\n",
            "users:\n  a:\n    'x\n  b: y'\n  c:\n",
            "users:\n  a:\n# x\n    n: 1\n  b:\n  c:\n",
            "users:\n  password: x\n  b: @\n  c:\n",
            "a: 1\n  b:\n  c:\n",
            "users:\n  b:\n  c:\nnumbers: { a: [\n  b:\n ] }\n",
        ] {
            for size in [1, 8, 16] {
                compare(text, size);
            }
        }
    }

    /// A line that people write, or that they shouldn't.
    fn line() -> impl Strategy<Value = String> {
        let indent = select(vec![0, 0, 2, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4, 6, 1, 3, 8]);
        let key = select(vec![
            "a", "b", "c1", "users", "\"q\"", "'s'", "+1", "0100", "<<", "x y", "",
        ]);
        let value = select(vec![
            "",
            "",
            "",
            "",
            "",
            "1",
            "text",
            "{ a: b }",
            "{}",
            "[a, b]",
            "\"q\"",
            "'s'",
            "|",
            ">-",
            "&x y",
            "*x",
            "!t z",
            "\"open",
            "'open",
            "{ open",
            "close\"",
            "close'",
            "}",
            "]",
            "# comment",
            "#no",
            "- a",
            "@",
            "a: b",
            "é",
        ]);
        let structured =
            (indent, key, value, any::<bool>()).prop_map(|(indent, key, value, is_item)| {
                let item = if is_item && indent == 6 { "- " } else { "" };
                let colon = if key.is_empty() { "" } else { ": " };
                format!("{:indent$}{item}{key}{colon}{value}", "")
            });
        let other = select(vec![
            "users:",
            "numbers:",
            "scopes: {}",
            "# comment",
            "  # comment",
            "",
            "",
            "   ",
            "---",
            "...",
            "%YAML 1.2",
            "\t",
            "  text",
            "plain",
            "  a:\r",
            "  b:\r  c:",
        ]);
        prop_oneof![8 => structured, 3 => other.prop_map(str::to_owned)]
    }

    proptest! {
        // PROPTEST_CASES=250000 looks at a million.
        #![proptest_config(ProptestConfig {
            cases: 4 * ProptestConfig::default().cases,
            ..ProptestConfig::default()
        })]
        #[test]
        fn random_documents_in_pieces_are_the_same(lines in vec(line(), 1..14), size in 1..60_usize, is_ended in any::<bool>()) {
            let mut text = format!("users:\n  k:\n{}", lines.join("\n"));
            if is_ended {
                text.push('\n');
            }
            compare(&text, size);
        }

        #[test]
        fn plain_documents_are_really_divided(
            entries in vec((0..3_usize, any::<bool>()), 4..30),
            size in 1..60_usize,
        ) {
            let entry = |(at, fields): (usize, &(usize, bool))| {
                let fields = (0..=fields.0).map(|field| format!("    f{field}: {{ a: {at} }} # c\n"));
                format!("  k{at}:\n{}", fields.collect::<Vec<_>>().concat())
            };
            let (first, second) = entries.split_at(entries.iter().filter(|entry| entry.1).count());
            let section = |key: &str, entries: &[(usize, bool)]| {
                let entries = entries.iter().enumerate().map(entry);
                format!("{key}:\n{}", entries.collect::<Vec<_>>().concat())
            };
            let text = [section("users", first), section("# a comment\nnumbers", second)].concat();
            prop_assert!(compare(&text, size));
        }
    }
}
