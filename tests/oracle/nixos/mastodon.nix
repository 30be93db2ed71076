{
  services.mastodon = {
    enable = true;
    localDomain = "social.example.org";
    configureNginx = true;
    streamingProcesses = 3;
    smtp.fromAddress = "social@example.org";
    extraConfig.SINGLE_USER_MODE = "false";
  };
}
