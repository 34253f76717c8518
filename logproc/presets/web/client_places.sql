-- title: Where clients are
-- where logged: mean_duration, max_duration, total_duration
SELECT client, country(client) AS country, city(client) AS city, asn_name(client) AS network, count(*) AS requests,
       sum(bytes) AS bytes, avg(duration) AS mean_duration, sum(duration) AS total_duration,
       max(duration) AS max_duration
FROM web
WHERE country(client) IS NOT NULL OR asn_name(client) IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 100
