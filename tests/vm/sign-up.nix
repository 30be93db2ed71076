# Who may join, who may ask, and each known way past the lists: exact domains and what is below them,
# whole trees, invitations with and without permission, changed addresses, single sign-on.
{ pkgs }:
let
  network = import ../../modules/mastodon/test/network.nix { inherit pkgs; };
  domains = [
    "members.coop.example"
    "guests.coop.example"
  ];
  # Runs Ruby in Mastodon, as what people do in ways that need another server.
  probe =
    { config, ... }:
    let
      tootctl = import ../../modules/mastodon/inside/tootctl.nix { inherit config pkgs; };
    in
    {
      systemd.services.probe = tootctl // {
        serviceConfig = tootctl.serviceConfig // {
          ExecStart = "${config.services.mastodon.package}/bin/rails runner ${./single-sign-on.rb}";
        };
      };
    };
  container = number: {
    hostAddress = "10.233.0.${toString (4 * number + 1)}";
    localAddress = "10.233.0.${toString (4 * number + 2)}";
    stateVersion = "26.05";
    postgresql = 17;
  };
  instance = number: domain: signup: {
    inherit domain signup;
    stage = "development";
    memoryGb = 3;
    container = container number;
    federation.mode = "open";
    extraModules = [ probe ];
  };
in
pkgs.testers.runNixOSTest {
  name = "coop-sign-up";
  nodes = {
    names = network.names { };
    machine = {
      imports = [
        ../../modules
        (network.at 10)
        (network.serve (network.certificate domains) domains)
      ];
      virtualisation = network.machine.virtualisation // {
        memorySize = 6144;
      };
      coop.host = {
        name = "web1";
        contact = "support@example.coop";
        nameServers = [ network.nameServer ];
        stateVersion = "26.05";
      };
      coop.mastodon = {
        # Exact domains, and nobody invites.
        members = instance 1 "members.coop.example" { join.domains = [ "coop.example" ]; };
        # Whole trees, and people may invite.
        guests = instance 2 "guests.coop.example" {
          join.domainsWithSubdomains = [ "ac.example" ];
          invites = true;
        };
      };
    };
  };

  testScript = ''
    ${builtins.readFile ../../modules/mastodon/test/client.py}

    members = Site(machine, "members", "members.coop.example")
    guests = Site(machine, "guests", "guests.coop.example")


    def invite(site: Site, owner: str, code: str) -> None:
        """An invitation that somebody once made."""
        site.sql(
            "insert into invites (user_id, code, created_at, updated_at)"
            f" select id, '{code}', now(), now() from users where email = '{owner}'"
        )


    def page(site: Site, path: str) -> int:
        """The status of a page, for whoever logged in last."""
        status = machine.succeed(
            f"curl --silent --output /dev/null --write-out '%{{http_code}}' --cookie jar {site.url}{path}"
        )
        return int(status)


    def change_address(site: Site, password: str, address: str) -> None:
        """Asks for another address, as whoever logged in last."""
        curl = "curl --silent --show-error --cookie jar --cookie-jar jar"
        form = machine.succeed(f"{curl} --fail {site.url}/auth/edit")
        csrf = re.search(r'name="csrf-token" content="([^"]+)"', form)
        assert csrf is not None, "the form has no token"
        machine.succeed(
            f"{curl} --output /dev/null --data-urlencode 'authenticity_token={csrf.group(1)}'"
            f" --data-urlencode _method=put --data-urlencode 'user[email]={address}'"
            f" --data-urlencode 'user[current_password]={password}' {site.url}/auth"
        )


    start_all()
    names.wait_for_unit("dnsmasq.service")
    members.wait()
    guests.wait()
    to_members = members.application()
    to_guests = guests.application()

    with subtest("whoever is at a listed domain joins"):
        assert members.sign_up(to_members, "ann@coop.example", "ann")
        members.unit("start", "coop-approve")
        assert not members.is_approved("ann@coop.example"), "approved without a confirmed address"
        members.confirm("ann@coop.example")
        members.unit("start", "coop-approve")
        assert members.is_approved("ann@coop.example")

    with subtest("the timer does it without being asked"):
        machine.succeed("systemctl -M members is-active coop-approve.timer")

    with subtest("whoever is not is refused"):
        assert not members.sign_up(to_members, "bea@stranger.example", "bea")
        assert not members.sign_up(to_members, "bea@notcoop.example", "bea")

    with subtest("below an exact domain one may ask, and waits for a moderator"):
        assert members.sign_up(to_members, "cem@students.coop.example", "cem")
        members.confirm("cem@students.coop.example")
        members.unit("start", "coop-approve")
        assert not members.is_approved("cem@students.coop.example")

    with subtest("a whole tree joins, and needs no moderator"):
        assert guests.sign_up(to_guests, "dai@ac.example", "dai")
        assert guests.sign_up(to_guests, "eva@physics.ac.example", "eva")
        assert guests.is_approved("dai@ac.example")
        assert guests.is_approved("eva@physics.ac.example")
        assert not guests.sign_up(to_guests, "fay@stranger.example", "fay")

    with subtest("where people invite, an invitation goes past the list"):
        guests.confirm("dai@ac.example")
        invite(guests, "dai@ac.example", "WELCOME1")
        assert guests.sign_up(to_guests, "gus@stranger.example", "gus", invite_code="WELCOME1")
        assert guests.is_approved("gus@stranger.example")

    password = members.create("hal", "hal@coop.example")
    members.log_in("hal@coop.example", password)

    with subtest("where they do not, nobody can make one"):
        assert page(members, "/settings/profile") == 200, "hal is not logged in"
        assert page(members, "/invites") == 403

    with subtest("and one that was made before is ended"):
        invite(members, "hal@coop.example", "WELCOME2")
        members.unit("restart", "coop-reconcile")
        assert not members.sign_up(to_members, "ida@stranger.example", "ida", invite_code="WELCOME2")

    with subtest("a role that may invite loses it again"):
        members.sql("update user_roles set permissions = permissions | (1 << 16) where id = -99")
        members.unit("restart", "coop-reconcile")
        assert members.sql("select permissions & (1 << 16) from user_roles where id = -99") == "0"
        members.inside("journalctl -u coop-reconcile --grep 'drift: the role of everyone'")

    with subtest("nobody changes to an address off the list"):
        change_address(members, password, "hal@elsewhere.coop.example")
        waiting = members.sql("select unconfirmed_email from users where email = 'hal@coop.example'")
        assert waiting == "hal@elsewhere.coop.example", "the form changes nothing at all"
        change_address(members, password, "hal@stranger.example")
        waiting = members.sql("select unconfirmed_email from users where email = 'hal@coop.example'")
        assert waiting != "hal@stranger.example"

    with subtest("single sign-on does not go past the list, save where people are invited"):
        members.unit("start", "probe")
        members.inside("journalctl -u probe --grep 'refused: jo@stranger.example'")
        members.inside("journalctl -u probe --grep 'taken: kim@coop.example'")
        guests.unit("start", "probe")
        guests.inside("journalctl -u probe --grep 'taken: jo@stranger.example'")
  '';
}
