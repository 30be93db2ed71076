{ }.or or 7
