//! Spot prices, as DescribeSpotPriceHistory tells of them: one entry for every change, newest
//! first, and for each type and zone also the one that held when the asked time began.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Query, xml::Element};

/// What the prices are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpotQuestion {
    pub types: Vec<String>,
    /// Empty: every zone of the region.
    pub zones: Vec<String>,
    /// `Linux/UNIX`, for example.
    pub product: String,
    /// The median over this time; without it, the price of now.
    pub over: Option<Duration>,
}

/// A change of a price.
#[derive(Clone, Debug, PartialEq)]
pub struct SpotPrice {
    pub instance_type: String,
    pub zone: String,
    /// USD per hour.
    pub price: f64,
    pub since: DateTime<Utc>,
}

/// The best price that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// USD per hour.
    pub price: f64,
    pub instance_type: String,
    pub zone: String,
}

/// Of one type in one zone: since when, and how much.
type Changes = Vec<(DateTime<Utc>, f64)>;

/// A server's clock may be ahead of ours by this much; what lies further ahead is not believed.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

impl SpotQuestion {
    pub fn query(&self, now: DateTime<Utc>) -> Query {
        let window = self.over.unwrap_or_default();
        let begins = now - TimeDelta::from_std(window).unwrap_or_default();
        let time = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let query = Query::new("DescribeSpotPriceHistory")
            .with("StartTime", time(begins))
            .with("EndTime", time(now))
            .with_each("InstanceType", &self.types)
            .with_each("ProductDescription", [&self.product]);
        if self.zones.is_empty() { query } else { query.filtered("availability-zone", &self.zones) }
    }

    /// The lowest price of all types and zones; over a window, the lowest median.
    ///
    /// # Errors
    /// Why there is none: nothing is sold there, or only at a time that has not come.
    pub fn best(&self, prices: &[SpotPrice], now: DateTime<Utc>) -> Result<Best, String> {
        let (types, zones) = (self.types.join(", "), self.zones.join(", "));
        if prices.is_empty() {
            let place = if zones.is_empty() { String::new() } else { format!(" in {zones}") };
            return Err(format!(
                "EC2 has no spot price for {types}{place}: is it sold there, for {}?",
                self.product
            ));
        }
        let mut series: BTreeMap<(&str, &str), Changes> = BTreeMap::new();
        for price in prices.iter().filter(|price| price.since <= now + AHEAD) {
            let key = (price.instance_type.as_str(), price.zone.as_str());
            series.entry(key).or_default().push((price.since, price.price));
        }
        let best = series.into_iter().filter_map(|((instance_type, zone), mut changes)| {
            changes.sort_by_key(|(since, _)| *since);
            let price = match self.over {
                Some(window) => median(&changes, window, now)?,
                None => changes.last()?.1,
            };
            Some(Best { price, instance_type: instance_type.into(), zone: zone.into() })
        });
        best.min_by(|a, b| a.price.total_cmp(&b.price)).ok_or_else(|| {
            "all its prices lie in the future: is this board's clock right?".to_owned()
        })
    }
}

/// The price that half of the time was not exceeded; each price counts as long as it held.
fn median(changes: &[(DateTime<Utc>, f64)], window: Duration, now: DateTime<Utc>) -> Option<f64> {
    let begins = now - TimeDelta::from_std(window).ok()?;
    let ends = changes.iter().skip(1).map(|(since, _)| *since).chain([now]);
    let mut held: Vec<(f64, TimeDelta)> = changes
        .iter()
        .zip(ends)
        .map(|((since, price), end)| (*price, end.min(now) - (*since).max(begins)))
        .filter(|(_, held)| *held > TimeDelta::zero())
        .collect();
    if held.is_empty() {
        // It has just begun.
        return changes.last().map(|(_, price)| *price);
    }
    held.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half: TimeDelta = held.iter().map(|(_, held)| *held).sum::<TimeDelta>() / 2;
    let mut passed = TimeDelta::zero();
    for (price, held) in &held {
        passed += *held;
        if passed >= half {
            return Some(*price);
        }
    }
    None
}

impl SpotPrice {
    /// The prices of one page.
    ///
    /// # Errors
    /// What is wrong with an entry: half a list of prices would be believed to be all of it.
    pub fn all_of(answer: &Element) -> Result<Vec<SpotPrice>, String> {
        answer.items("spotPriceHistorySet").map(SpotPrice::of).collect()
    }

    fn of(item: &Element) -> Result<SpotPrice, String> {
        let text = |name: &str| {
            item.text_of(name).ok_or_else(|| format!("an entry of the prices has no {name}"))
        };
        let price = text("spotPrice")?;
        let parsed: Option<f64> = price.parse().ok();
        let since = text("timestamp")?;
        Ok(SpotPrice {
            instance_type: text("instanceType")?.to_owned(),
            zone: text("availabilityZone")?.to_owned(),
            price: parsed
                .filter(|price| price.is_finite() && *price >= 0.0)
                .ok_or_else(|| format!("`{price}` is no price"))?,
            since: since.parse().map_err(|_| format!("`{since}` is no time"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
    }

    fn price(zone: &str, minutes: i64, price: f64) -> SpotPrice {
        let (instance_type, zone) = ("t4g.nano".to_owned(), zone.to_owned());
        SpotPrice { instance_type, zone, price, since: at(minutes) }
    }

    fn question(over: Option<u64>) -> SpotQuestion {
        SpotQuestion {
            types: vec!["t4g.nano".into()],
            zones: Vec::new(),
            product: "Linux/UNIX".into(),
            over: over.map(|minutes| Duration::from_secs(minutes * 60)),
        }
    }

    #[test]
    fn the_lowest_zone_counts_and_its_newest_price() {
        let prices = [price("a", -10, 0.002), price("a", -100, 0.001), price("b", -5, 0.003)];
        let best = question(None).best(&prices, at(0)).unwrap();
        assert_eq!((best.price, best.zone.as_str()), (0.002, "a"));
    }

    #[test]
    fn a_short_peak_does_not_move_the_median() {
        // 50 minutes cheap, 10 dear.
        let prices = [price("a", -10, 0.9), price("a", -300, 0.001)];
        assert_eq!(question(Some(60)).best(&prices, at(0)).unwrap().price, 0.001);
        assert_eq!(question(Some(15)).best(&prices, at(0)).unwrap().price, 0.9);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let none = question(None).best(&[], at(0)).unwrap_err();
        assert!(none.contains("no spot price for t4g.nano"), "{none}");
        let future = question(None).best(&[price("a", 60, 0.1)], at(0)).unwrap_err();
        assert!(future.contains("future"), "{future}");
        // One of them is enough.
        let prices = [price("a", 60, 0.1), price("a", -60, 0.2)];
        assert_eq!(question(None).best(&prices, at(0)).unwrap().price, 0.2);
        for wrong in ["<spotPrice>cheap</spotPrice>", "<spotPrice>NaN</spotPrice>", ""] {
            let xml = format!(
                "<R><spotPriceHistorySet><item><instanceType>t</instanceType>\
                 <availabilityZone>a</availabilityZone><timestamp>2026-01-01T00:00:00.000Z</timestamp>\
                 {wrong}</item></spotPriceHistorySet></R>"
            );
            assert!(SpotPrice::all_of(&Element::parse(&xml).unwrap()).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_median_lies_between_the_prices(
            changes in prop::collection::vec((-500_i64..5, 0.0..1.0), 1..20), over in 1_u64..600,
        ) {
            let prices: Vec<_> = changes.iter().map(|(m, p)| price("a", *m, *p)).collect();
            let best = question(Some(over)).best(&prices, at(0)).unwrap().price;
            prop_assert!(prices.iter().any(|price| price.price == best));
        }
    }
}
