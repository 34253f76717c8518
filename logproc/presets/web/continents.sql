-- title: Continents
-- where logged: mean_duration, max_duration, total_duration
SELECT continent(client) AS continent, count(*) AS requests, sum(bytes) AS bytes,
       approx_count_distinct(client) AS visitors, avg(duration) AS mean_duration, sum(duration) AS total_duration,
       max(duration) AS max_duration
FROM web
GROUP BY ALL ORDER BY requests DESC LIMIT 50
