//! An answer as a tree. EC2's XML has no attributes that matter, and no mixed content.

use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};

/// EC2's own answers are nowhere near as deep.
const DEEPEST: usize = 32;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// # Errors
    /// What is wrong with the text: it is no XML, or not all of it.
    pub fn parse(text: &str) -> Result<Element, String> {
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element> = Vec::new();
        loop {
            let event = reader.read_event().map_err(|error| format!("no XML: {error}"))?;
            match event {
                Event::Start(start) => {
                    if open.len() >= DEEPEST {
                        return Err("it is nested too deep".to_owned());
                    }
                    open.push(Element::named(start.local_name().as_ref()));
                }
                Event::Empty(start) => {
                    let element = Element::named(start.local_name().as_ref());
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Ok(element),
                    }
                }
                Event::Text(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Event::CData(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Event::GeneralRef(name) => {
                    let Some(element) = open.last_mut() else { continue };
                    let known = resolve_predefined_entity(&name).map(str::to_owned);
                    let char = || name.resolve_char_ref().ok().flatten().map(String::from);
                    let text = known.or_else(char);
                    element.text.push_str(&text.ok_or("no XML: an unknown entity")?);
                }
                Event::End(_) => {
                    let Some(mut element) = open.pop() else {
                        return Err("no XML: it closes what was not open".to_owned());
                    };
                    element.text = element.text.trim().to_owned();
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Ok(element),
                    }
                }
                Event::Eof if open.is_empty() => return Err("there is nothing in it".to_owned()),
                Event::Eof => return Err("it breaks off in the middle".to_owned()),
                _ => {}
            }
        }
    }

    fn named(name: &str) -> Element {
        Element { name: name.to_owned(), ..Element::default() }
    }

    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child; `None` also when it is empty.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.is_empty())
    }

    /// The `<item>`s of a list.
    pub fn items<'e>(&'e self, list: &'e str) -> impl Iterator<Item = &'e Element> {
        let lists = self.children.iter().filter(move |child| child.name == list);
        lists.flat_map(|list| &list.children).filter(|item| item.name == "item")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANSWER: &str = "<?xml version=\"1.0\"?>\n<R xmlns=\"urn:x\"><requestId>1 &amp; &#50;</requestId>\
        <set><item><id>a</id></item><item><id/></item></set></R>";

    #[test]
    fn lists_and_texts_are_found() {
        let tree = Element::parse(ANSWER).unwrap();
        assert_eq!(tree.text_of("requestId"), Some("1 & 2"));
        let ids: Vec<_> = tree.items("set").map(|item| item.text_of("id")).collect();
        assert_eq!(ids, [Some("a"), None]);
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for end in 0..ANSWER.len() {
            assert!(Element::parse(&ANSWER[..end]).is_err(), "{end}");
        }
        assert!(Element::parse("<a><b></a>").is_err());
        assert!(Element::parse(&"<a>".repeat(100_000)).is_err());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in r"[<>a-z:=/ &#;!\[\]'\x22?-]{0,80}") {
            let _ = Element::parse(&text);
        }
    }
}
