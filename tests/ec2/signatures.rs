//! Our signatures and botocore's, for the requests that the agent really sends.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::{
    SCRIPT,
    agent::Site,
    gate::Gate,
    moto::{Moto, python},
    one_batch, site,
};

/// Reads requests, one in a line; writes the signature that botocore makes for each.
const SIGN: &str = r#"
import sys, json, datetime
from unittest import mock
import botocore.auth, botocore.awsrequest, botocore.credentials
for line in sys.stdin:
    it = json.loads(line)
    request = botocore.awsrequest.AWSRequest(
        method="POST", url="http://" + it["host"] + "/", data=it["body"],
        headers={"Content-Type": it["content_type"]})
    moment = datetime.datetime.strptime(it["date"], "%Y%m%dT%H%M%SZ")
    keys = botocore.credentials.Credentials("AKIDTEST", "hushhush", None)
    signer = botocore.auth.SigV4Auth(keys, "ec2", it["region"])
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda *a, **k: moment):
        signer.add_auth(request)
    print(request.headers["Authorization"])
"#;

#[test]
fn every_request_is_signed_as_botocore_would() {
    let moto = Moto::start();
    let gate = Gate::open(&moto);
    gate.price(0.001);
    let site: Site = site(&gate);
    site.script("spot", SCRIPT);
    let agent = site.start();
    agent.await_loaded();
    agent.fire("home");
    agent.fire("away");
    assert_eq!(one_batch(&gate).as_deref(), Ok("aws-spot"), "{}", agent.log());
    drop(agent);
    let requests = gate.state().requests.clone();
    assert!(requests.len() > 10);
    let mut botocore = Command::new(python())
        .args(["-c", SIGN])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python can be run");
    let mut stdin = botocore.stdin.take().expect("piped");
    let mut ours = Vec::new();
    for request in &requests {
        let header = |name: &str| request.headers[name].clone();
        let region = header("authorization").split('/').nth(2).expect("a region").to_owned();
        let line = serde_json::json!({
            "host": header("host"), "body": request.body, "date": header("x-amz-date"),
            "content_type": header("content-type"), "region": region,
        });
        writeln!(stdin, "{line}").expect("written");
        ours.push(header("authorization"));
    }
    drop(stdin);
    let output = botocore.wait_with_output().expect("it ends");
    let theirs: Vec<String> =
        String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect();
    assert_eq!(ours, theirs);
}
