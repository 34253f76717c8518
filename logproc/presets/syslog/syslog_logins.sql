-- title: Failed logins over SSH, by address
SELECT nullif(regexp_extract(message, '(?:from|rhost=)[ ]*([0-9A-Fa-f][0-9A-Fa-f:.]+)', 1), '') AS client, count(*) AS failures,
       approx_count_distinct(regexp_extract(message, 'user[ =]*([^ ]+)', 1)) AS users, max(time) AS last_time
FROM syslog
WHERE starts_with(program, 'sshd')
  AND regexp_matches(message, 'Failed (password|publickey)|Invalid user|authentication failure;')
GROUP BY ALL ORDER BY failures DESC LIMIT 100
