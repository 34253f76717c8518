-- title: TLS versions
-- where logged: mean_duration, max_duration, total_duration
SELECT tls_name(tls_protocol) AS tls_protocol, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS visitors, avg(duration) AS mean_duration, sum(duration) AS total_duration,
       max(duration) AS max_duration
FROM web
WHERE tls_protocol IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 50
