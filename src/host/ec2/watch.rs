//! Hears of machines that EC2 takes back: it is asked about them, again and again.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;

use super::{Ec2Account, Ec2Machines, Error, Query, instance::marked_for_end, machines::Found};
use crate::host::{HostNews, How, Interruptions};

/// After a failure it is asked again later than otherwise.
const PATIENCE: u32 = 5;
const LONGEST: Duration = Duration::from_secs(900);

impl Ec2Machines {
    /// Tells what happens to the machines; never ends by itself, unless there is nothing to watch.
    pub async fn watch(self, news: HostNews, interruptions: Interruptions) {
        let accounts = self.accounts();
        join_all(accounts.iter().map(|it| self.watch_one(it, &news, &interruptions))).await;
    }

    async fn watch_one(
        &self,
        account: &Ec2Account,
        news: &HostNews,
        interruptions: &Interruptions,
    ) {
        let mut is_well = true;
        loop {
            let looked = self.look(account, news, interruptions).await;
            let mut wait = account.every;
            match &looked {
                Err(error) => {
                    wait = (wait * PATIENCE).min(LONGEST).max(account.every);
                    if is_well {
                        tracing::warn!("EC2 ({}): {error}", account.region.name);
                    }
                }
                Ok(()) if !is_well => {
                    tracing::info!("EC2 ({}) answers again", account.region.name);
                }
                Ok(()) => {}
            }
            is_well = looked.is_ok();
            match self.client(account) {
                Ok(client) => client.clock().sleep(wait).await,
                Err(_) => return,
            }
        }
    }

    /// One look at all machines of a region.
    async fn look(
        &self,
        account: &Ec2Account,
        news: &HostNews,
        interruptions: &Interruptions,
    ) -> Result<(), Error> {
        let all = self.instances(account, None).await?;
        let marked = self.marked(account, &all).await?;
        for found in &all {
            let Some(host) = self.host_of(found) else { continue };
            let instance = &found.instance;
            let notice = marked.iter().find(|(id, _)| *id == instance.id);
            let words = notice.map(|(_, words)| words.as_str()).or(instance.interruption());
            if let Some(words) = words {
                interruptions.tell(&host, &instance.id, words);
            }
            let lives = |other: &Found| {
                !other.instance.state.is_gone() && self.host_of(other).as_ref() == Some(&host)
            };
            let is_gone = instance.state.is_gone();
            // One that somebody destroyed, or that another one stands in for, is no news.
            let is_missed = instance.interruption().is_some() && !all.iter().any(lives);
            if let Some(power) = found.power().filter(|_| !is_gone || is_missed) {
                news.tell(&host, power, if is_gone { How::Fell } else { How::Event });
            }
        }
        Ok(())
    }

    /// The spot machines whose end EC2 has announced.
    async fn marked(
        &self,
        account: &Ec2Account,
        all: &[Found],
    ) -> Result<Vec<(String, String)>, Error> {
        let spot = all.iter().filter(|it| it.instance.is_spot && !it.instance.state.is_gone());
        let ids: Vec<&str> = spot.map(|it| it.instance.id.as_str()).collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query = Query::new("DescribeSpotInstanceRequests").filtered("instance-id", ids);
        let pages = self.client(account)?.ask_all(&query).await?;
        Ok(pages.iter().flat_map(marked_for_end).collect())
    }

    fn host_of(&self, found: &Found) -> Option<Arc<str>> {
        let name = found.instance.tags.get(super::launch::HOST)?;
        self.inventory.get(name).map(|host| host.name.clone())
    }
}
