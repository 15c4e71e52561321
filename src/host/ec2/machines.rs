//! The hosts of the inventory that are machines on EC2, and what can be done to them.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    Client, Credentials, Ec2Account, Ec2Template, Error, Purchase, Query, Ready,
    instance::{Instance, State},
    launch::{self, Launch},
    prices::{SpotPrice, SpotQuestion},
};
use crate::{
    clock::Clock,
    host::{Host, HostKind, Inventory, SecretResolver, Template},
    plan::{Done, Failure, FailureKind, Power},
};

/// Clones share the connections.
#[derive(Clone)]
pub struct Ec2Machines {
    pub(super) inventory: Arc<Inventory>,
    secrets: SecretResolver,
    clock: Clock,
    /// Whose marks are ours.
    pub(super) site: Arc<str>,
    clients: Arc<Mutex<BTreeMap<String, Client>>>,
}

/// A machine of a host's, with the region that it was found in.
#[derive(Clone)]
pub struct Found {
    pub(in crate::host) client: Client,
    pub instance: Instance,
    pub template: String,
    /// It has answered once.
    pub is_finished: bool,
}

impl Ec2Machines {
    /// `site` is the name that stands in the marks of the machines that are made here.
    pub fn new(
        inventory: Arc<Inventory>,
        secrets: SecretResolver,
        clock: Clock,
        site: Arc<str>,
    ) -> Self {
        Ec2Machines { inventory, secrets, clock, site, clients: Arc::default() }
    }

    /// The same machines, where another site's marks are ours.
    pub fn of_site(self, site: Arc<str>) -> Self {
        Ec2Machines { site, ..self }
    }

    /// The region's client, made when it is first asked for.
    pub(super) fn client(&self, account: &Ec2Account) -> Result<Client, Error> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let key = format!("{:?} {:?}", account.region, account.credentials);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let credentials = Credentials::new(account.credentials.clone(), self.secrets.clone());
        let client = Client::new(account.region.clone(), credentials, self.clock.clone())?;
        clients.insert(key, client.clone());
        Ok(client)
    }

    /// Where the templates make machines: each region and account once.
    pub(super) fn accounts(&self) -> Vec<&Ec2Account> {
        let mut accounts: Vec<&Ec2Account> = Vec::new();
        for (_, template) in self.inventory.templates() {
            if let Template::Ec2(template) = template
                && !accounts.contains(&&template.account)
            {
                accounts.push(&template.account);
            }
        }
        accounts
    }

    /// Whether any template makes machines on EC2.
    pub fn are_there(&self) -> bool {
        !self.accounts().is_empty()
    }

    /// The host's machines, those that are on their way out left aside; normally one.
    ///
    /// # Errors
    /// What is in the way to one of the regions: it may just be there.
    pub async fn find(&self, host: &Host) -> Result<Vec<Found>, Failure> {
        let mut found = Vec::new();
        if host.kind != HostKind::Placed {
            return Ok(found);
        }
        for account in self.accounts() {
            let all = self.instances(account, Some(&host.name)).await;
            let all = all.map_err(|error| failure(&host.name, account, error))?;
            found.extend(all.into_iter().filter(|found| !found.instance.state.is_gone()));
        }
        Ok(found)
    }

    /// All machines of this site in a region, those included that are gone but not yet forgotten.
    pub(super) async fn instances(
        &self,
        account: &Ec2Account,
        host: Option<&str>,
    ) -> Result<Vec<Found>, Error> {
        let client = self.client(account)?;
        let mut query = Query::new("DescribeInstances")
            .filtered(format!("tag:{}", launch::SITE).as_str(), [&*self.site]);
        if let Some(host) = host {
            query = query.filtered(format!("tag:{}", launch::HOST).as_str(), [host]);
        }
        let pages = client.ask_all(&query).await?;
        let instances = pages.iter().flat_map(Instance::all_of);
        // EC2 has filtered; another server of the API may be less exact.
        let ours = instances.filter(|instance| {
            let tag = |name: &str| instance.tags.get(name).map(String::as_str);
            tag(launch::SITE) == Some(&*self.site)
                && tag(launch::HOST).is_some_and(|it| host.is_none_or(|host| it == host))
        });
        let found = ours.map(|instance| Found {
            client: client.clone(),
            template: instance.tags.get(launch::TEMPLATE).cloned().unwrap_or_default(),
            is_finished: instance.tags.get(launch::STATE).is_some_and(|it| it == "finished"),
            instance,
        });
        Ok(found.collect())
    }

    /// Asks for a machine. What is asked for twice with one token is made once.
    ///
    /// # Errors
    /// What is wrong with the template or the account; a spot price above the cap.
    pub async fn launch(
        &self,
        host: &Host,
        (name, template): (&str, &Ec2Template),
        token: &str,
        user_data: &str,
    ) -> Result<Found, Failure> {
        let failed = |error| failure(&host.name, &template.account, error);
        let client = self.client(&template.account).map_err(failed)?;
        self.affordable(&client, template).await.map_err(failed)?;
        let launch = Launch {
            template,
            template_name: name,
            site: &self.site,
            host: &host.name,
            token,
            user_data: &base64(user_data.as_bytes()),
        };
        let answer = client.ask(&launch.query()).await.map_err(failed)?;
        let instance = Instance::all_of(&answer).into_iter().next().ok_or_else(|| {
            failed(Error::Garbled { action: "RunInstances", reason: "it has no instance".into() })
        })?;
        Ok(Found { client, instance, template: name.to_owned(), is_finished: false })
    }

    /// Looks at the price of now before anything is bought.
    async fn affordable(&self, client: &Client, template: &Ec2Template) -> Result<(), Error> {
        let Purchase::Spot { most: Some(most) } = template.purchase else { return Ok(()) };
        let question = SpotQuestion {
            types: vec![template.instance_type.clone()],
            zones: template.zone.iter().cloned().collect(),
            product: "Linux/UNIX".to_owned(),
            over: None,
        };
        let now = self.clock.now();
        let action = "DescribeSpotPriceHistory";
        let pages = client.ask_all(&question.query(now)).await?;
        let mut prices = Vec::new();
        for page in &pages {
            let page = SpotPrice::all_of(page);
            prices.extend(page.map_err(|reason| Error::Garbled { action, reason })?);
        }
        // Without a price EC2 itself decides, with the same cap.
        match question.best(&prices, now) {
            Ok(best) if best.price > most => Err(Error::Unfit(format!(
                "not bought: {} costs {} USD/h on the spot market ({}), and at most {most} is paid",
                best.instance_type, best.price, best.zone
            ))),
            _ => Ok(()),
        }
    }

    /// Starts it; one that runs, or begins to, is left alone.
    ///
    /// # Errors
    /// EC2's own.
    pub async fn start(&self, host: &Host, found: &Found) -> Result<Done, Failure> {
        match found.instance.state {
            State::Running | State::Pending => Ok(Done::default()),
            _ => self.tell(host, found, Query::new("StartInstances")).await,
        }
    }

    /// Has it shut down; its disk stays.
    ///
    /// # Errors
    /// EC2's own: a one-time spot machine cannot be stopped, for example.
    pub async fn stop(&self, host: &Host, found: &Found) -> Result<Done, Failure> {
        match found.instance.state {
            State::Stopped | State::Stopping => Ok(Done::default()),
            _ if found.instance.is_spot => {
                let message = format!(
                    "{0}: a spot machine cannot be stopped, only given back: destroy(hosts(\"{0}\"))",
                    host.name
                );
                Err(Failure::new(FailureKind::NotConfigured, message))
            }
            _ => self.tell(host, found, Query::new("StopInstances")).await,
        }
    }

    /// # Errors
    /// EC2's own.
    pub async fn restart(&self, host: &Host, found: &Found) -> Result<Done, Failure> {
        self.tell(host, found, Query::new("RebootInstances")).await
    }

    /// Deletes it. One that is gone already is well deleted.
    ///
    /// # Errors
    /// EC2's own.
    pub async fn terminate(&self, host: &Host, found: &Found) -> Result<Done, Failure> {
        self.tell(host, found, Query::new("TerminateInstances")).await
    }

    /// Takes down that it has answered.
    ///
    /// # Errors
    /// EC2's own.
    pub async fn finish(&self, host: &Host, found: &Found) -> Result<(), Failure> {
        let query = Query::new("CreateTags")
            .with("ResourceId.1", &found.instance.id)
            .with("Tag.1.Key", launch::STATE)
            .with("Tag.1.Value", "finished");
        let done = found.client.ask(&query).await;
        done.map(drop).map_err(|error| found.failed(host, error))
    }

    async fn tell(&self, host: &Host, found: &Found, query: Query) -> Result<Done, Failure> {
        let query = query.with("InstanceId.1", &found.instance.id);
        match found.client.ask(&query).await {
            Ok(_) => Ok(Done { output: String::new(), changed: true }),
            Err(error) if error.is_gone() && query.action() == "TerminateInstances" => {
                Ok(Done::default())
            }
            Err(error) => Err(found.failed(host, error)),
        }
    }

    /// The machine as it is now; `None` where EC2 does not know it (yet).
    ///
    /// # Errors
    /// EC2's own.
    pub async fn again(&self, host: &Host, found: &Found) -> Result<Option<Instance>, Failure> {
        let query = Query::new("DescribeInstances").with("InstanceId.1", &found.instance.id);
        match found.client.ask(&query).await {
            Ok(answer) => Ok(Instance::all_of(&answer).into_iter().next()),
            Err(error) if error.is_gone() => Ok(None),
            Err(error) => Err(found.failed(host, error)),
        }
    }

    /// Whether EC2's own checks of the machine and of its network have passed.
    ///
    /// # Errors
    /// EC2's own.
    pub async fn has_passed_checks(&self, host: &Host, found: &Found) -> Result<bool, Failure> {
        let query = Query::new("DescribeInstanceStatus").with("InstanceId.1", &found.instance.id);
        let answer = match found.client.ask(&query).await {
            Err(error) if error.is_gone() => return Ok(false),
            answer => answer.map_err(|error| found.failed(host, error))?,
        };
        let is_ok = answer.items("instanceStatusSet").any(|item| {
            ["systemStatus", "instanceStatus"]
                .iter()
                .all(|part| item.child(part).and_then(|part| part.text_of("status")) == Some("ok"))
        });
        Ok(is_ok)
    }

    /// The template that a machine was made from, as long as the site file has it.
    pub fn template(&self, name: &str) -> Option<&Ec2Template> {
        match self.inventory.template(name)? {
            Template::Ec2(template) => Some(template),
            Template::Libvirt(_) => None,
        }
    }
}

impl Found {
    fn failed(&self, host: &Host, error: Error) -> Failure {
        failure_in(&host.name, &self.client.region().name, error)
    }

    /// `None` while it is on its way.
    pub fn power(&self) -> Option<Power> {
        match self.instance.state {
            State::Running => Some(Power::Up),
            State::Stopped | State::ShuttingDown | State::Terminated => Some(Power::Down),
            // It is about to answer no more; and one that begins does not answer yet.
            State::Stopping | State::Pending | State::Other(_) => None,
        }
    }

    /// The public one where it has one: this board is hardly in the same network.
    pub fn address(&self) -> Option<IpAddr> {
        let it = &self.instance;
        let text = it.public_address.as_ref().or(it.private_address.as_ref())?;
        text.parse().ok()
    }
}

impl Ready {
    /// As the site file calls it.
    pub const ALL: [(&'static str, Ready); 3] =
        [("ssh", Ready::Ssh), ("checks", Ready::Checks), ("running", Ready::Running)];
}

pub(super) fn failure(host: &str, account: &Ec2Account, error: Error) -> Failure {
    failure_in(host, &account.region.name, error)
}

fn failure_in(host: &str, region: &str, error: Error) -> Failure {
    let kind = match &error {
        Error::NoWay(_) | Error::Garbled { .. } => FailureKind::Unreachable,
        Error::NoCredentials(_) | Error::Unfit(_) => FailureKind::NotConfigured,
        Error::Skewed { .. } => FailureKind::Refused,
        Error::Refused { status, .. } if error.is_transient() && *status < 500 => {
            FailureKind::TimedOut
        }
        Error::Refused { status, .. } if *status >= 500 => FailureKind::Unreachable,
        Error::Refused { .. } => FailureKind::Refused,
    };
    Failure::new(kind, format!("{host}: EC2 ({region}): {error}"))
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes)
}
