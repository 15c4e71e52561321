//! What can go wrong with EC2, in words that say what to do.

use super::xml::Element;

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Nobody says who we are.
    #[error("{0}")]
    NoCredentials(String),
    /// No way there, or nobody answers.
    #[error("{0}")]
    NoWay(String),
    /// What came is no answer of EC2's.
    #[error("its answer to {action} is not EC2's: {reason}")]
    Garbled { action: &'static str, reason: String },
    /// EC2's own answer.
    #[error("{}", refused(.action, .code, .message))]
    Refused { action: &'static str, status: u16, code: String, message: String },
    /// Signatures hold for five minutes only.
    #[error(
        "this board's clock is {} {}: EC2 takes no signature that is older or newer than five \
         minutes; let it get its time from the network (timedatectl set-ntp true)",
        crate::clock::format_duration(*by), if *.ahead { "fast" } else { "slow" }
    )]
    Skewed { by: std::time::Duration, ahead: bool },
    /// It cannot be, or must not be.
    #[error("{0}")]
    Unfit(String),
}

fn refused(action: &str, code: &str, message: &str) -> String {
    let said = match message.trim().trim_end_matches('.') {
        "" => format!("{action} is refused ({code})"),
        message => format!("{action} is refused: {message} ({code})"),
    };
    match advice(code) {
        Some(advice) => format!("{said}; {advice}"),
        None => said,
    }
}

impl Error {
    /// EC2's code, where the error is EC2's.
    pub fn code(&self) -> Option<&str> {
        match self {
            Error::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether the same request may do better in a moment.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::NoWay(_) | Error::Garbled { .. } => true,
            Error::Refused { status, code, .. } => *status >= 500 || is_throttling(code),
            Error::NoCredentials(_) | Error::Skewed { .. } | Error::Unfit(_) => false,
        }
    }

    /// The machine that was meant is gone, or never was.
    pub fn is_gone(&self) -> bool {
        self.code().is_some_and(|code| code.starts_with("InvalidInstanceID."))
    }

    /// From the body of an answer that is no success.
    pub fn of_answer(action: &'static str, status: u16, body: &str) -> Self {
        // <Response><Errors><Error><Code/><Message/></Error></Errors></Response>, and from some
        // services <ErrorResponse><Error>.
        let tree = Element::parse(body).ok();
        let error = tree.as_ref().and_then(|tree| {
            let list = tree.child("Errors").unwrap_or(tree);
            list.child("Error")
        });
        let text = |name| error.and_then(|error| error.text_of(name)).map(str::to_owned);
        match text("Code") {
            Some(code) => Error::Refused {
                action,
                status,
                code,
                message: text("Message").unwrap_or_default(),
            },
            None if status >= 500 => {
                let (code, message) = (format!("HTTP {status}"), String::new());
                Error::Refused { action, status, code, message }
            }
            None => Error::Garbled {
                action,
                reason: format!("it answered HTTP {status}; is `endpoint` right?"),
            },
        }
    }
}

pub fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "RequestLimitExceeded"
            | "Throttling"
            | "ThrottlingException"
            | "RequestThrottled"
            | "SlowDown"
            | "EC2ThrottledException"
            | "RequestResourceCountExceeded"
            | "BandwidthLimitExceeded"
    )
}

/// Codes that mean that the time in the request is not the server's, or may mean it.
pub fn is_about_time(code: &str) -> bool {
    matches!(
        code,
        "RequestExpired"
            | "RequestTimeTooSkewed"
            | "SignatureDoesNotMatch"
            | "AuthFailure"
            | "InvalidSignatureException"
    )
}

/// What to do about an error, for the codes that people meet
/// (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>).
fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "AuthFailure" | "InvalidClientTokenId" | "InvalidAccessKeyId" => {
            "the access key is not known there, or not in this region: look at [aws], and whether \
             the region is enabled for the account"
        }
        "SignatureDoesNotMatch" | "InvalidSignatureException" => {
            "the secret key does not belong to the access key"
        }
        "RequestExpired" | "ExpiredToken" | "ExpiredTokenException" => {
            "the session token has expired: get a new one"
        }
        "UnauthorizedOperation" | "AccessDenied" | "AccessDeniedException" => {
            "the account's policy does not allow it: docs/ec2.md has the policy that is needed"
        }
        "OptInRequired" => "the account is not signed up for EC2, or for this image",
        "PendingVerification" => "the account is still being verified: try again later",
        "Blocked" => "the account is blocked: ask AWS",
        "RequestLimitExceeded" | "Throttling" | "ThrottlingException" | "SlowDown" => {
            "too many requests in this account; it was tried several times"
        }
        "InsufficientInstanceCapacity" | "InsufficientHostCapacity" => {
            "EC2 has no such machine free: try another `zone` or `instance_type`"
        }
        "SpotMaxPriceTooLow" => "the spot price is above `max_price` now",
        "MaxSpotInstanceCountExceeded" | "VcpuLimitExceeded" | "InstanceLimitExceeded" => {
            "the account's limit is reached: ask for a higher one under Service Quotas"
        }
        "InvalidAMIID.NotFound" | "InvalidAMIID.Malformed" | "InvalidAMIID.Unavailable" => {
            "there is no such `image` in this region: images have another id in every region"
        }
        "InvalidSubnetID.NotFound" => "there is no such `subnet` in this region",
        "InvalidGroup.NotFound" | "InvalidSecurityGroupID.NotFound" => {
            "there is no such security group in this region, or not in the network of the subnet"
        }
        "InvalidKeyPair.NotFound" => "there is no such `key_pair` in this region",
        "InvalidInstanceType" => "there is no such `instance_type`",
        "Unsupported" | "UnsupportedOperation" => {
            "this region or zone does not have it: try another `zone` or `instance_type`"
        }
        "InvalidZone.NotFound" | "InvalidAvailabilityZone" => "there is no such `zone` there",
        "IdempotentParameterMismatch" => "the template was changed while the machine was made",
        "InvalidInstanceID.NotFound" => {
            "it is gone, or so new that EC2 does not know it itself yet"
        }
        "IncorrectInstanceState" | "IncorrectSpotRequestState" => {
            "it is on its way to another state: try again in a minute"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do() {
        let answer = |code: &str| {
            let body = format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>No.</Message></Error></Errors>\
                 <RequestID>1</RequestID></Response>"
            );
            Error::of_answer("RunInstances", 400, &body)
        };
        let codes = [
            "AuthFailure",
            "SignatureDoesNotMatch",
            "RequestExpired",
            "UnauthorizedOperation",
            "OptInRequired",
            "PendingVerification",
            "Blocked",
            "RequestLimitExceeded",
            "InsufficientInstanceCapacity",
            "SpotMaxPriceTooLow",
            "MaxSpotInstanceCountExceeded",
            "InvalidAMIID.NotFound",
            "InvalidSubnetID.NotFound",
            "InvalidGroup.NotFound",
            "InvalidKeyPair.NotFound",
            "InvalidInstanceType",
            "Unsupported",
            "InvalidZone.NotFound",
            "IdempotentParameterMismatch",
            "InvalidInstanceID.NotFound",
            "IncorrectInstanceState",
            "Surprise",
        ];
        let texts: Vec<String> = codes.iter().map(|code| answer(code).to_string()).collect();
        insta::assert_snapshot!(texts.join("\n"));
        assert!(answer("Throttling").is_transient() && !answer("AuthFailure").is_transient());
    }

    #[test]
    fn what_is_no_answer_of_ec2s_is_said() {
        let garbled = Error::of_answer("DescribeInstances", 404, "<html>not found</html>");
        assert!(garbled.to_string().contains("HTTP 404; is `endpoint` right?"), "{garbled}");
        let broken = Error::of_answer("DescribeInstances", 503, "<Response><Err");
        assert!(broken.is_transient() && broken.to_string().contains("HTTP 503"), "{broken}");
    }
}
