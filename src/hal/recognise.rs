//! Which board this is, by its device tree.

use std::{fs, path::Path};

/// What the device tree's root says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceTree {
    /// `Raspberry Pi 4 Model B Rev 1.4`; empty without a device tree.
    pub model: String,
    /// Most specific first.
    pub compatible: Vec<String>,
}

impl DeviceTree {
    /// This machine's; empty on machines without one, such as PCs.
    pub fn of_this_machine() -> Self {
        DeviceTree::below(Path::new("/"))
    }

    /// The device tree of the system whose root is `root`.
    pub fn below(root: &Path) -> Self {
        let strings = |path: &str| {
            let bytes = fs::read(root.join(path)).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.split('\0').filter(|each| !each.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        DeviceTree {
            model: strings("proc/device-tree/model").into_iter().next().unwrap_or_default(),
            compatible: strings("sys/firmware/devicetree/base/compatible"),
        }
    }

    /// How certainly a profile with these keys is meant; `None` when it is not. A `compatible`
    /// names one kind of board; a model's beginning is the more certain the longer it is.
    pub(super) fn matches(&self, compatible: &[String], models: &[String]) -> Option<usize> {
        if compatible.iter().any(|each| self.compatible.contains(each)) {
            return Some(usize::MAX);
        }
        let begins = |each: &&String| self.model.starts_with(each.as_str());
        models.iter().filter(begins).map(String::len).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::BoardChoice, hal::Board};

    fn recognised(model: &str, compatible: &[&str]) -> Option<String> {
        let tree = DeviceTree {
            model: model.into(),
            compatible: compatible.iter().map(|each| each.to_string()).collect(),
        };
        Board::recognise(&tree).unwrap().map(|board| board.name)
    }

    #[test]
    fn knows_boards_by_model_or_compatible() {
        for (model, name) in [
            ("Raspberry Pi Model B Rev 2", "raspberry-pi-1"),
            ("Raspberry Pi Zero W Rev 1.1", "raspberry-pi-zero"),
            ("Raspberry Pi Zero 2 W Rev 1.0", "raspberry-pi-zero-2-w"),
            ("Raspberry Pi 3 Model B Plus Rev 1.3", "raspberry-pi-3"),
            ("Raspberry Pi 4 Model B Rev 1.4", "raspberry-pi-4"),
            ("Raspberry Pi 5 Model B Rev 1.0", "raspberry-pi-5"),
        ] {
            assert_eq!(recognised(model, &[]).as_deref(), Some(name), "{model}");
        }
        let zero_2 = recognised("", &["raspberrypi,model-zero-2-w", "brcm,bcm2837"]);
        assert_eq!(zero_2.as_deref(), Some("raspberry-pi-zero-2-w"));
        let orange = recognised("", &["xunlong,orangepi-one", "allwinner,sun8i-h3"]);
        assert_eq!(orange.as_deref(), Some("orange-pi"));
        let black = recognised("TI AM335x BeagleBone Black", &["ti,am335x-bone-black"]);
        assert_eq!(black.as_deref(), Some("beaglebone-black"));
        assert_eq!(recognised("Banana Pi BPI-M2", &["sinovoip,bpi-m2"]), None);
    }

    #[test]
    fn reads_the_kernels_strings() {
        let root = tempfile::tempdir().unwrap();
        let base = root.path().join("sys/firmware/devicetree/base");
        let proc = root.path().join("proc/device-tree");
        fs::create_dir_all(&base).unwrap();
        fs::create_dir_all(&proc).unwrap();
        fs::write(base.join("compatible"), b"raspberrypi,4-model-b\0brcm,bcm2711\0").unwrap();
        fs::write(proc.join("model"), b"Raspberry Pi 4 Model B Rev 1.4\0").unwrap();
        let tree = DeviceTree::below(root.path());
        assert_eq!(tree.model, "Raspberry Pi 4 Model B Rev 1.4");
        assert_eq!(tree.compatible, ["raspberrypi,4-model-b", "brcm,bcm2711"]);
        assert_eq!(Board::choose(&BoardChoice::Auto, &tree).unwrap().name, "raspberry-pi-4");
    }

    #[test]
    fn an_unknown_board_is_any_linux_board() {
        let nothing = DeviceTree::default();
        assert_eq!(Board::choose(&BoardChoice::Auto, &nothing).unwrap().name, "generic-linux");
    }
}
