//! The server under systemd, which is a socket of the test here.

use std::io::Read as _;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;

use crate::process::{Folder, Server};

/// Far longer than the server takes to say anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// Receives what the server tells systemd.
struct Supervisor {
    socket: UnixDatagram,
    address: String,
}

impl Supervisor {
    fn new(folder: &Folder) -> Self {
        let path = folder.path("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            socket,
            address: path.display().to_string(),
        }
    }

    fn told(&self) -> String {
        let mut message = [0; 4096];
        let length = self.socket.recv(&mut message).unwrap();
        String::from_utf8_lossy(&message[..length])
            .trim_end()
            .to_owned()
    }

    /// Whether nothing more was told.
    fn is_silent(&self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        let silent = self.socket.recv(&mut [0; 4096]).is_err();
        self.socket.set_nonblocking(false).unwrap();
        silent
    }
}

#[test]
fn systemd_hears_of_the_start_and_of_the_end() {
    let folder = Folder::empty();
    let supervisor = Supervisor::new(&folder);
    let notify = [("NOTIFY_SOCKET", supervisor.address.as_str())];
    let server = folder.serve_with(&[], &notify);
    assert_eq!(supervisor.told(), "READY=1");
    assert!(server.get("/health/ready").starts_with("HTTP/1.1 200"));
    // Nobody asked for a watchdog.
    assert!(supervisor.is_silent());
    server.signal(Signal::TERM);
    assert_eq!(supervisor.told(), "STOPPING=1");
    let (status, _, log) = server.ended();
    assert_eq!(status.code(), Some(0), "{log}");
}

#[test]
fn the_watchdog_hears_of_a_server_that_serves_and_not_of_one_that_hangs() {
    let folder = Folder::empty();
    let supervisor = Supervisor::new(&folder);
    let environment = [
        ("NOTIFY_SOCKET", supervisor.address.as_str()),
        ("WATCHDOG_USEC", "200000"),
    ];
    let server = folder.serve_with(&[], &environment);
    assert_eq!(supervisor.told(), "READY=1");
    for _ in 0..3 {
        assert_eq!(supervisor.told(), "WATCHDOG=1");
    }
    server.signal(Signal::STOP);
    // What it said before.
    while !supervisor.is_silent() {}
    let short = Duration::from_millis(500);
    supervisor.socket.set_read_timeout(Some(short)).unwrap();
    assert!(supervisor.socket.recv(&mut [0; 64]).is_err());
    supervisor.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    server.signal(Signal::CONT);
    assert_eq!(supervisor.told(), "WATCHDOG=1");
    server.kill();
}

#[test]
fn the_watchdog_of_another_process_is_not_fed() {
    let folder = Folder::empty();
    let supervisor = Supervisor::new(&folder);
    let environment = [
        ("NOTIFY_SOCKET", supervisor.address.as_str()),
        ("WATCHDOG_USEC", "1000"),
        ("WATCHDOG_PID", "1"),
    ];
    let server = folder.serve_with(&[], &environment);
    assert_eq!(supervisor.told(), "READY=1");
    for _ in 0..10 {
        server.get("/health/ready");
    }
    server.signal(Signal::TERM);
    assert_eq!(supervisor.told(), "STOPPING=1");
}

#[test]
fn a_server_without_a_supervisor_says_so_and_serves() {
    let folder = Folder::empty();
    let nobody = folder.path("nobody").display().to_string();
    let server = folder.serve_with(&[], &[("NOTIFY_SOCKET", nobody.as_str())]);
    let (status, _, log) = server.stop(Signal::TERM);
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("NOTIFY_SOCKET"), "{log}");
}

#[test]
fn systemd_hears_that_settings_are_read_anew() {
    let folder = Folder::empty();
    let supervisor = Supervisor::new(&folder);
    let notify = [("NOTIFY_SOCKET", supervisor.address.as_str())];
    let server = folder.serve_with(&[], &notify);
    assert_eq!(supervisor.told(), "READY=1");
    server.signal(Signal::HUP);
    let told = supervisor.told();
    let since_boot = told.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
    assert!(since_boot.parse::<u64>().unwrap() > 0);
    assert_eq!(supervisor.told(), "READY=1");
    server.stop(Signal::TERM);
}

/// A command that runs the server with this socket as the first that systemd passes.
fn with_socket(folder: &Folder, socket: OwnedFd, environment: &[(&str, &str)]) -> Command {
    let mut command = folder.command_by("sh", environment);
    // The third file is the first one of systemd.
    let script = "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" 3<&0 0</dev/null";
    command.args(["-c", script]).arg(crate::process::PROGRAM);
    command.stdin(Stdio::from(socket));
    command
}

#[test]
fn callers_wait_at_the_socket_of_systemd_until_the_server_serves() {
    let folder = Folder::empty();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let passed = socket.try_clone().unwrap();
    let waiting = std::thread::spawn(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let request =
            format!("GET /health/live HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let names = [("LISTEN_FDNAMES", "ats-pat.socket")];
    let mut command = with_socket(&folder, passed.into(), &names);
    let server = Server::listening(command.spawn().unwrap());
    assert_eq!(server.address, address.to_string());
    let answer = waiting.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // So many that every worker gets some.
    for _ in 0..32 {
        assert!(server.get("/signin").starts_with("HTTP/1.1 200"));
    }
    let (status, _, log) = server.stop(Signal::TERM);
    assert_eq!(status.code(), Some(0), "{log}");
    // Systemd keeps it for the next server.
    assert!(std::net::TcpStream::connect(address).is_ok());
}

#[test]
fn the_socket_for_operators_is_known_by_its_name() {
    let folder = Folder::empty();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let environment = [
        ("LISTEN_FDNAMES", "operations"),
        ("ATS_PAT_LISTEN", "127.0.0.1:0"),
    ];
    let mut command = with_socket(&folder, socket.into(), &environment);
    let server = Server::listening(command.spawn().unwrap());
    assert_eq!(server.operations.as_deref(), Some(address.as_str()));
    assert_ne!(server.address, address);
    let answer = server.get_from_operations("/metrics");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn a_socket_that_takes_no_connections_stops_the_start() {
    let folder = Folder::empty();
    let file = std::fs::File::create(folder.path("file")).unwrap();
    let datagrams = UnixDatagram::unbound().unwrap();
    let everywhere = TcpListener::bind("0.0.0.0:0").unwrap();
    for (socket, advice) in [
        (OwnedFd::from(file), "ListenStream="),
        (OwnedFd::from(datagrams), "ListenStream="),
        (OwnedFd::from(everywhere), "set `public-url`"),
    ] {
        let mut command = with_socket(&folder, socket, &[("ATS_PAT_LOG", "off")]);
        let output = command.output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.contains(advice), "{errors}");
    }
    assert_eq!(folder.left_on_disk(), ["file"]);
}
