# A host as coop writes it: data only.
{
  imports = [ ../../modules ];

  coop.host = {
    name = "web1";
    contact = "support@example.coop";
    timezone = "Europe/London";
    addresses = [
      "203.0.113.10"
      "2001:db8::10"
    ];
    operators.chris = [
      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHo1bkeyCOSJalb1KRrovHsIAK4h7R22J7/joBDMkzCy chris"
    ];
    reboot = "Sun 04:00";
    stateVersion = "26.05";
  };

  coop.mastodon.social = {
    domain = "example.coop";
    webDomain = "social.example.coop";
    memoryGb = 8;
    container = {
      hostAddress = "10.233.0.5";
      localAddress = "10.233.0.6";
      stateVersion = "26.05";
      postgresql = 17;
    };
    signup.join.domains = [
      "example.coop"
      "members.example"
    ];
    federation.policy = ./example-policy.json;
    owner = {
      name = "chris";
      email = "chris@example.coop";
    };
    site = {
      title = "Example Social";
      description = "For the members of Example Co-operative.";
      languages = [ "en" ];
      rules = [
        "Be kind."
        "No unsolicited advertising."
      ];
      privacy = ./example-privacy.md;
    };
    cache = {
      keepDays = 14;
      budgetGb = 40;
    };
    backup = {
      repository = "sftp:coop@store.example:/coop";
      passwordSecret = "restic";
    };
    mail = {
      host = "smtp.example.coop";
      user = "fleet";
      passwordSecret = "relay";
    };
  };
}
