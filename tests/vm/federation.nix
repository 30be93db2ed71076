# Two servers federate: one finds a person of the other by the handle, follows, and gets the post; the
# answer comes back. Then the other blocks it: what there was is severed, and nothing comes through.
{ pkgs }:
let
  network = import ../../modules/mastodon/test/network.nix { inherit pkgs; };
  certificate = network.certificate [
    "first.example"
    "second.example"
    "social.second.example"
  ];
  block = pkgs.writeText "block.json" (
    builtins.toJSON {
      blocks = [
        {
          domain = "first.example";
          severity = "suspend";
          ground = "abuse";
          reason = "For the sake of the test";
        }
      ];
      allows = [ ];
    }
  );

  server =
    {
      number,
      domain,
      webDomain ? domain,
      more ? { },
    }:
    { lib, ... }:
    {
      imports = [
        ../../modules
        network.machine
        (network.at number)
        (network.serve certificate (
          lib.unique [
            domain
            webDomain
          ]
        ))
        more
      ];
      coop.host = {
        name = "web${toString number}";
        contact = "support@example.coop";
        nameServers = [ network.nameServer ];
        stateVersion = "26.05";
      };
      coop.mastodon.social = {
        inherit domain webDomain;
        stage = "development";
        memoryGb = 3;
        container = {
          hostAddress = "10.233.0.5";
          localAddress = "10.233.0.6";
          stateVersion = "26.05";
          postgresql = 17;
        };
        signup.join.domains = [ domain ];
        federation.mode = "open";
        extraModules = [
          {
            services.mastodon.extraConfig.ALLOWED_PRIVATE_ADDRESSES = network.network;
            security.pki.certificateFiles = [ "${certificate}/authority.pem" ];
          }
        ];
      };
    };
in
pkgs.testers.runNixOSTest {
  name = "coop-federation";
  nodes = {
    names = network.names {
      known = {
        "first.example" = network.addressOf 11;
        "second.example" = network.addressOf 12;
      };
    };
    first = server {
      number = 11;
      domain = "first.example";
    };
    second = server {
      number = 12;
      domain = "second.example";
      webDomain = "social.second.example";
      more.specialisation.blocking.configuration.coop.mastodon.social.federation.policy = block;
    };
  };

  testScript = ''
    ${builtins.readFile ../../modules/mastodon/test/client.py}

    one = Site(first, "social", "first.example")
    two = Site(second, "social", "social.second.example")


    def find(site: Site, token: str, handle: str) -> str:
        """The id under which a server knows a person of another."""
        found = site.get(f"/api/v2/search?q=@{handle}&resolve=true&type=accounts&limit=1", token)["accounts"]
        assert [account["acct"] for account in found] == [handle], found
        return str(found[0]["id"])


    def say(site: Site, token: str, text: str, **more: str) -> None:
        status, body = site.post("/api/v1/statuses", token, status=text, **more)
        assert status == 200, (status, body)


    def has(site: Site, text: str) -> bool:
        """Whether a post has come to a server."""
        return site.sql(f"select count(*) from statuses where text like '%{text}%'") != "0"


    start_all()
    names.wait_for_unit("dnsmasq.service")
    one.wait()
    two.wait()
    ann = one.log_in("ann@first.example", one.create("ann", "ann@first.example"))
    bea = two.log_in("bea@second.example", two.create("bea", "bea@second.example"))

    with subtest("ann finds bea by her handle, whose server answers at another name"):
        bea_at_one = find(one, ann, "bea@second.example")

    with subtest("and follows her"):
        one.post(f"/api/v1/accounts/{bea_at_one}/follow", ann)
        eventually(
            lambda: one.get(f"/api/v1/accounts/relationships?id[]={bea_at_one}", ann)[0]["following"] is True,
            "bea's server accepts",
        )

    with subtest("bea's post comes to ann"):
        say(two, bea, "Good morning from the second server")
        eventually(
            lambda: any("Good morning" in post["content"] for post in one.get("/api/v1/timelines/home", ann)),
            "the post is in ann's timeline",
        )

    with subtest("and ann's answer to bea"):
        received = one.get("/api/v1/timelines/home", ann)[0]["id"]
        say(one, ann, "@bea@second.example Good evening from the first", in_reply_to_id=received)
        eventually(
            lambda: any(note["type"] == "mention" for note in two.get("/api/v1/notifications", bea)),
            "bea is told of the answer",
        )

    with subtest("a declared suspension severs what there was"):
        second.succeed("/run/booted-system/specialisation/blocking/bin/switch-to-configuration test")
        two.wait()
        eventually(lambda: two.sql("select count(*) from follows") == "0", "ann no longer follows bea")

    with subtest("nothing comes through any more"):
        say(one, ann, "@bea@second.example Are you there?")
        # It is there on the first server, and has had time to be delivered.
        eventually(lambda: has(one, "Are you there?"), "ann's own server has her post")
        time.sleep(30)
        assert not has(two, "Are you there?")

    with subtest("retracted, the servers talk again; who followed must follow anew"):
        second.succeed("/run/booted-system/bin/switch-to-configuration test")
        two.wait()
        eventually(
            lambda: two.sql("select suspended_at is null from accounts where domain = 'first.example'") == "t",
            "ann's account is no longer suspended",
        )
        assert two.sql("select count(*) from follows") == "0"
        say(one, ann, "@bea@second.example Here again")
        eventually(lambda: has(two, "Here again"), "ann's post comes to bea's server")
  '';
}
