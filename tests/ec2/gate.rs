//! A server in front of moto's, with what moto lacks: spot prices that change, pages, errors,
//! machines that are taken back, and a token that makes one machine however often it is sent. It can
//! also stop answering at any request.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard},
    thread,
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use watchpost::host::ec2::{instance::Instance, xml::Element};

use crate::moto::Moto;

#[derive(Clone)]
pub struct Gate {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub struct State {
    /// USD per hour; none: there is no history.
    pub price: Option<f64>,
    /// When the price began, from now.
    pub since: TimeDelta,
    /// Answers DescribeSpotPriceHistory instead: status, body.
    pub instead: Option<(u16, String)>,
    /// The next answers of any kind, before everything else: status, body.
    pub next: Vec<(u16, String)>,
    /// Requests that change machines or look at them are counted; at this one nobody answers.
    pub silent_at: Option<(usize, Silence)>,
    pub count: usize,
    pub is_silent: bool,
    /// The machine that is taken back.
    pub taken: Option<String>,
    /// Its answers are lost after they were acted on.
    pub lose_answers: usize,
    /// Machines that have this in their request are not made.
    pub refuse: Option<String>,
    pub requests: Vec<Request>,
    by_token: BTreeMap<String, (u16, String)>,
    moto: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The request never gets there.
    Before,
    /// It is carried out, and nobody hears of it.
    After,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    pub fn parameter(&self, name: &str) -> Option<String> {
        let prefix = format!("{name}=");
        self.body.split('&').find_map(|pair| pair.strip_prefix(&prefix)).map(str::to_owned)
    }

    pub fn action(&self) -> String {
        self.parameter("Action").unwrap_or_default()
    }
}

impl Gate {
    pub fn open(moto: &Moto) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = State {
            moto: moto.port,
            price: Some(0.01),
            since: -TimeDelta::hours(1),
            ..State::default()
        };
        let gate = Gate { port, state: Arc::new(Mutex::new(state)) };
        let theirs = gate.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let gate = theirs.clone();
                thread::spawn(move || gate.serve(stream));
            }
        });
        gate
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    pub fn price(&self, price: f64) {
        self.state().price = Some(price);
    }

    /// The ids of the machines that are there, each with its host, its template and whether it is
    /// finished.
    pub fn machines(&self) -> Vec<(String, String, String, String)> {
        let mut all = Vec::new();
        for region in ["eu-central-1", "us-east-1"] {
            let request = Request {
                headers: [("authorization".to_owned(), format!(
                    "AWS4-HMAC-SHA256 Credential=k/20260101/{region}/ec2/aws4_request, SignedHeaders=host, Signature=0"
                )), ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())].into(),
                body: "Action=DescribeInstances&Version=2016-11-15".to_owned(),
            };
            let port = self.state().moto;
            let (_, answer) = forward(port, &request);
            let answer = Element::parse(&answer).expect("XML");
            for it in Instance::all_of(&answer) {
                if it.state.is_gone() || self.state().taken.as_ref() == Some(&it.id) {
                    continue;
                }
                let tag = |name: &str| {
                    it.tags.get(&format!("watchpost:{name}")).cloned().unwrap_or_default()
                };
                all.push((it.id.clone(), tag("host"), tag("template"), tag("state")));
            }
        }
        all
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
        while let Some(request) = read(&mut reader) {
            let Some((status, body)) = self.answer(&request) else {
                // Nobody answers any more; the other side is killed, and lets go of it.
                let _ = reader.read(&mut [0]);
                return;
            };
            let answer = format!(
                "HTTP/1.1 {status} x\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, request: &Request) -> Option<(u16, String)> {
        let action = request.action();
        let is_price = action == "DescribeSpotPriceHistory";
        let silence = {
            let mut state = self.state();
            state.requests.push(request.clone());
            if state.is_silent {
                return None;
            }
            if let Some(answer) = (!state.next.is_empty()).then(|| state.next.remove(0)) {
                return Some(answer);
            }
            let has = |text: &String| request.body.contains(text.as_str());
            if action == "RunInstances" && state.refuse.as_ref().is_some_and(has) {
                let error = "<Response><Errors><Error><Code>InsufficientInstanceCapacity</Code>\
                             <Message>No.</Message></Error></Errors></Response>";
                return Some((400, error.to_owned()));
            }
            if is_price {
                return Some(state.instead.clone().unwrap_or_else(|| state.prices(request)));
            }
            let here = state.count;
            state.count += 1;
            let silence = state.silent_at.filter(|(at, _)| *at == here).map(|(_, how)| how);
            if silence.is_some() {
                state.is_silent = true;
            }
            silence
        };
        if silence == Some(Silence::Before) {
            return None;
        }
        let token = request.parameter("ClientToken");
        let known = token.as_ref().and_then(|token| self.state().by_token.get(token).cloned());
        let answer = known.unwrap_or_else(|| forward(self.state().moto, request));
        let mut state = self.state();
        if let Some(token) = token {
            state.by_token.insert(token, answer.clone());
        }
        if action == "RunInstances" && state.lose_answers > 0 {
            state.lose_answers -= 1;
            return Some((
                503,
                "<Response><Errors><Error><Code>Unavailable</Code></Error></Errors></Response>"
                    .into(),
            ));
        }
        if silence.is_some() {
            return None;
        }
        let (status, mut body) = answer;
        if let Some(taken) = &state.taken {
            body = take_back(&body, taken);
        }
        Some((status, body))
    }
}

impl State {
    /// Two pages: an old price of another zone, then the one that counts.
    fn prices(&self, request: &Request) -> (u16, String) {
        let Some(price) = self.price else { return (200, history(&[], None)) };
        let now = Utc::now();
        match request.parameter("NextToken") {
            None => (200, history(&[("eu-central-1b", now - TimeDelta::days(1), 9.0)], Some("2"))),
            Some(_) => (200, history(&[("eu-central-1a", now + self.since, price)], None)),
        }
    }
}

/// As EC2 writes it.
pub fn history(entries: &[(&str, DateTime<Utc>, f64)], next: Option<&str>) -> String {
    let items: String = entries
        .iter()
        .map(|(zone, at, price)| {
            format!(
                "<item><instanceType>t4g.nano</instanceType><productDescription>Linux/UNIX</productDescription>\
                 <spotPrice>{price:.6}</spotPrice><timestamp>{}</timestamp>\
                 <availabilityZone>{zone}</availabilityZone></item>",
                at.to_rfc3339_opts(SecondsFormat::Millis, true)
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeSpotPriceHistoryResponse \
         xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>1</requestId>\
         <spotPriceHistorySet>{items}</spotPriceHistorySet><nextToken>{}</nextToken>\
         </DescribeSpotPriceHistoryResponse>",
        next.unwrap_or_default()
    )
}

/// The instance as it looks when EC2 has ended it.
fn take_back(body: &str, id: &str) -> String {
    let mark = format!("<instanceId>{id}</instanceId>");
    let Some(at) = body.find(&mark) else { return body.to_owned() };
    // moto writes the reason before the id, and the state behind it.
    let (head, rest) = body.split_at(at);
    let why = "<stateReason><code>Server.SpotInstanceTermination</code>\
               <message>Server.SpotInstanceTermination: Spot instance termination</message></stateReason>";
    let none = "<stateReason><code/><message/></stateReason>";
    let from = head.rfind(none).expect("moto gives no reason");
    let head = format!("{}{why}{}", &head[..from], &head[from + none.len()..]);
    format!("{head}{}", rest.replacen("<name>running</name>", "<name>terminated</name>", 1))
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length: usize = headers.get("content-length").map_or(0, |it| it.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { headers, body: String::from_utf8(body).expect("text") })
}

fn forward(port: u16, request: &Request) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("moto answers");
    let mut head = format!(
        "POST / HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {}\r\n",
        request.body.len()
    );
    for name in ["authorization", "content-type", "x-amz-date"] {
        if let Some(value) = request.headers.get(name) {
            head += &format!("{name}: {value}\r\n");
        }
    }
    stream.write_all(format!("{head}\r\n{}", request.body).as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    (status, body.unwrap_or_default())
}
