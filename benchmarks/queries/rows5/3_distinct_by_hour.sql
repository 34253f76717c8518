SELECT hour, count(*) AS clients FROM (SELECT DISTINCT date_trunc('hour', time) AS hour, client FROM web) GROUP BY ALL ORDER BY hour
