-- title: Clients
-- where logged: mean_duration, max_duration, total_duration
SELECT client, count(*) AS requests, sum(bytes) AS bytes, avg(duration) AS mean_duration,
       sum(duration) AS total_duration, max(duration) AS max_duration, max(time) AS last_time
FROM web
GROUP BY ALL ORDER BY requests DESC LIMIT 100
