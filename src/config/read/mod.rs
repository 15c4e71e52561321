//! From the site file to a checked [`Site`], finding every mistake on the way.

mod alexa;
mod aws;
mod board;
mod costs;
mod ec2;
mod filters;
mod heartbeat;
mod heritage;
mod history;
mod hosts;
mod libvirt;
mod limits;
mod links;
mod mac;
mod mail;
mod mqtt;
mod names;
mod notify;
mod outputs;
mod place;
mod scans;
mod secrecy;
mod sensors;
mod ssh;
mod switching;
mod templates;
mod timezone;
mod web_address;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use toml::de::DeTable;

use super::{
    BoardChoice, Diagnostic, HistorySettings, Limits, Site, SourceText, Surroundings, Warning,
    field::Field,
    mistakes::Mistakes,
    paths::{self, LONGEST_SOCKET_PATH, is_socket_path},
    section::Section,
};
use crate::host::Inventory;

impl Site {
    /// Reads and checks a site file.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file, warnings included.
    pub fn load(path: &Path) -> Result<(Site, Vec<Warning>), Vec<Diagnostic>> {
        let unreadable = |error| {
            let message = format!("cannot read the site file {}: {error}", path.display());
            vec![Diagnostic::without_place(
                message,
                "name another one with --config FILE".to_owned(),
            )]
        };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        Site::read(path, &text, &Surroundings::of_this_machine())
    }

    /// Checks the text of a site file. Opens no file.
    ///
    /// # Errors
    /// Like [`Site::load`].
    pub fn read(
        path: &Path,
        text: &str,
        surroundings: &Surroundings,
    ) -> Result<(Site, Vec<Warning>), Vec<Diagnostic>> {
        let mistakes = Mistakes::default();
        let (table, syntax_errors) = DeTable::parse_recoverable(text);
        for error in &syntax_errors {
            mistakes.syntax(error.span().unwrap_or(0..0), error.message());
        }
        let mut secrets = secrecy::find_secrets(table.get_ref());
        if !syntax_errors.is_empty() {
            secrets.extend(secrecy::find_secret_lines(text));
        }
        let source = SourceText::new(path, text, &secrets);
        let reader = Reader { dir: paths::site_dir(path), surroundings, mistakes: &mistakes };
        let site = reader.site(path, &source, table.get_ref());
        let found = mistakes.into_diagnostics(&source);
        if found.iter().any(Diagnostic::is_error) { Err(found) } else { Ok((site, found)) }
    }

    /// The site that needs no file: a simulated closet whose scripts and state are below `dir`.
    /// Its sensors and hosts are the caller's to add.
    pub fn simulated(dir: &Path) -> Site {
        let surroundings = Surroundings::of_this_machine();
        let state = dir.join("watchpost.db");
        Site {
            file: None,
            source: None,
            scripts: dir.join("scripts"),
            socket: paths::default_socket(&state, &surroundings),
            state,
            name: "closet".into(),
            timezone: surroundings.timezone,
            place: None,
            board: BoardChoice::Named("simulated".into()),
            board_span: 0..0,
            sensors: Vec::new(),
            outputs: Vec::new(),
            hosts: Arc::default(),
            scans: Arc::default(),
            costs: Vec::new(),
            mail: None,
            notify: None,
            heartbeat: None,
            mqtt: None,
            alexa: None,
            limits: Limits::default(),
            history: HistorySettings::default(),
        }
    }
}

/// What the readers of all sections share.
struct Reader<'r> {
    /// The folder of the site file, absolute.
    dir: PathBuf,
    surroundings: &'r Surroundings,
    mistakes: &'r Mistakes,
}

impl Reader<'_> {
    /// Where something is wrong, a default stands in for it until all mistakes are found.
    fn site(&self, file: &Path, source: &SourceText, table: &DeTable<'_>) -> Site {
        let root = Section::root(table, self.mistakes);
        let scripts = self.path(root.field("scripts"));
        let state = self.path(root.field("state"));
        let state = state.unwrap_or_else(|| paths::default_state(&self.dir));
        let place = self.place(&root);
        let (board, board_span) = self.board(&root);
        let (sensors, mqtt, aws) = (self.sensors(&root), self.mqtt(&root), self.aws(&root));
        let has_peers = mqtt.as_ref().is_some_and(|mqtt| mqtt.peers);
        let costs = self.costs(&root, &aws, &sensors, has_peers);
        let made_from = self.templates(&root, &aws, &costs);
        let hosts = Inventory::new(self.hosts(&root))
            .with_templates(made_from.templates)
            .with_template_costs(made_from.costs);
        let site = Site {
            file: Some(file.to_owned()),
            source: Some(source.clone()),
            scripts: scripts.unwrap_or_else(|| self.dir.join("scripts")),
            socket: self.socket(&root, &state),
            state,
            name: place.name,
            timezone: place.timezone,
            place: place.coordinates,
            board,
            board_span,
            sensors,
            outputs: self.outputs(&root),
            hosts: Arc::new(hosts),
            scans: Arc::new(self.scans(&root)),
            costs,
            mail: self.mail(&root),
            notify: self.notify(&root),
            heartbeat: self.heartbeat(&root),
            mqtt,
            alexa: self.alexa(&root),
            limits: self.limits(&root),
            history: self.history(&root),
        };
        root.finish();
        site
    }

    /// A path beside the site file, or below the home.
    fn path(&self, field: Option<Field<'_>>) -> Option<PathBuf> {
        Some(paths::resolve(&self.dir, field?.text()?, self.surroundings))
    }

    fn socket(&self, root: &Section<'_>, state: &Path) -> PathBuf {
        let control = root.section("control", "[control]");
        let field = control.field("socket");
        let socket = self.path(field.clone());
        if let (Some(field), Some(path)) = (field, &socket)
            && !is_socket_path(path)
        {
            field.wrong(
                "the path of a socket cannot be so long",
                format!(
                    "{} bytes; a socket's path has at most {LONGEST_SOCKET_PATH}",
                    path.as_os_str().len()
                ),
                "for example: socket = \"/run/watchpost/control.sock\"".to_owned(),
            );
        }
        control.finish();
        socket.unwrap_or_else(|| paths::default_socket(state, self.surroundings))
    }
}
