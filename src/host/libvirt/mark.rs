//! The mark that every machine carries which `create` made: an element of its own in the domain's
//! metadata. What does not carry it is never touched by `destroy`.

use quick_xml::{
    NsReader,
    escape::escape,
    events::{BytesStart, Event},
    name::ResolveResult,
};

const NAMESPACE: &str = "urn:watchpost:machine:1";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The site that made it.
    pub site: String,
    /// The host's name in its site file.
    pub host: String,
    pub template: String,
    /// False until it has answered for the first time: whoever was killed before leaves half a
    /// machine.
    pub is_finished: bool,
    /// Its volumes, each with its pool.
    pub volumes: Vec<(String, String)>,
}

impl Mark {
    pub fn to_xml(&self) -> String {
        let state = if self.is_finished { "finished" } else { "unfinished" };
        let volumes: String = self
            .volumes
            .iter()
            .map(|(pool, name)| {
                let (pool, name) = (escape(pool), escape(name));
                format!("<watchpost:volume pool=\"{pool}\" name=\"{name}\"/>")
            })
            .collect();
        format!(
            "<watchpost:machine xmlns:watchpost=\"{NAMESPACE}\" site=\"{}\" host=\"{}\" \
             template=\"{}\" state=\"{state}\">{volumes}</watchpost:machine>",
            escape(&self.site),
            escape(&self.host),
            escape(&self.template),
        )
    }

    /// Looks for the mark in a domain's description; `None` also when it is not whole.
    pub fn find(description: &str) -> Option<Mark> {
        let mut reader = NsReader::from_str(description);
        let mut mark = None;
        loop {
            let (namespace, event) = reader.read_resolved_event().ok()?;
            let is_ours =
                matches!(namespace, ResolveResult::Bound(name) if name.as_ref() == NAMESPACE);
            match event {
                Event::Eof => return mark,
                Event::Start(element) | Event::Empty(element) if is_ours => {
                    match element.local_name().as_ref() {
                        "machine" => {
                            mark = Some(Mark {
                                site: attribute(&element, "site")?,
                                host: attribute(&element, "host")?,
                                template: attribute(&element, "template")?,
                                is_finished: attribute(&element, "state")? == "finished",
                                volumes: Vec::new(),
                            });
                        }
                        "volume" => {
                            let volume =
                                (attribute(&element, "pool")?, attribute(&element, "name")?);
                            mark.as_mut()?.volumes.push(volume);
                        }
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    quick_xml::escape::unescape(&attribute.value).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_found_anywhere(
            site in "[ -~]{0,12}", host in "[ -~]{0,12}", template in "[ -~]{0,12}",
            is_finished: bool, volumes in prop::collection::vec(("[ -~]{0,9}", "[ -~]{0,9}"), 0..3),
        ) {
            let mark = Mark { site, host, template, is_finished, volumes };
            let xml = format!("<domain><name>x</name><metadata>{}</metadata></domain>", mark.to_xml());
            prop_assert_eq!(Mark::find(&xml), Some(mark));
        }

        #[test]
        fn no_description_makes_it_panic(text in r"[<>a-z:=/ '\x22-]{0,60}") {
            let _ = Mark::find(&text);
        }
    }

    #[test]
    fn the_name_alone_is_no_mark() {
        let other = "<domain><metadata><watchpost:machine xmlns:watchpost=\"urn:other\" \
                     site=\"a\" host=\"b\" template=\"c\" state=\"finished\"/></metadata></domain>";
        assert_eq!(Mark::find(other), None);
        assert_eq!(Mark::find("<domain><name>plex</name></domain>"), None);
    }
}
